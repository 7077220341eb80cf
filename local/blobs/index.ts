import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import type { RunningServer, ServerOptions } from '../server.ts';

export interface BlobsOptions extends ServerOptions {
  readonly account: string;
  /** Account key, base64. */
  readonly key: string;
}

const startTimeout = 20_000;

/** Starts Azurite, Microsoft's own blob emulator, as a child: telemetry off, loopback only. */
export async function startBlobs(options: BlobsOptions): Promise<RunningServer> {
  mkdirSync(options.state, { recursive: true, mode: 0o700 });
  const packageFile = createRequire(import.meta.url).resolve('azurite/package.json');
  const script = join(dirname(packageFile), 'dist', 'src', 'blob', 'main.js');
  const flags = [
    '--blobHost',
    '127.0.0.1',
    '--blobPort',
    String(options.port),
    '--location',
    options.state,
    '--disableTelemetry',
    '--skipApiVersionCheck',
    '--silent',
  ];
  const child = spawn(process.execPath, [script, ...flags], {
    stdio: 'ignore',
    env: { ...process.env, AZURITE_ACCOUNTS: `${options.account}:${options.key}` },
  });
  const exited = once(child, 'exit');
  // Whoever kills this process kills Azurite too: an orphan would keep the port.
  process.on('exit', () => child.kill('SIGKILL'));
  await untilListening(options.port, child);
  child.on('exit', () => process.exit(1));
  return {
    port: options.port,
    endpoint: `http://localhost:${options.port}/${options.account}`,
    async close() {
      child.removeAllListeners('exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function untilListening(port: number, child: ReturnType<typeof spawn>): Promise<void> {
  const deadline = Date.now() + startTimeout;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Azurite did not start; is port ${port} busy?`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ port, host: '127.0.0.1' }, () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (open) return;
    if (Date.now() > deadline) throw new Error('Azurite did not start in time.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
