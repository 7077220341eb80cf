import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createConnection } from 'node:net';

import { dirname, join } from 'node:path';
import { listen } from '../http-server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';

export interface BlobsOptions extends ServerOptions {
  readonly account: string;
  /** Account key, base64. */
  readonly key: string;
}

const startTimeout = 20_000;

/**
 * Runs Azurite, Microsoft's own blob emulator, in this process (so that killing the process kills it): telemetry off,
 * loopback only. It reads its options from the command line and the environment.
 */
export async function startBlobs(options: BlobsOptions): Promise<RunningServer> {
  mkdirSync(options.state, { recursive: true, mode: 0o700 });
  const packageFile = createRequire(import.meta.url).resolve('azurite/package.json');
  const script = join(dirname(packageFile), 'dist', 'src', 'blob', 'main.js');
  const port = await freePort(options.port);
  process.env.AZURITE_ACCOUNTS = `${options.account}:${options.key}`;
  process.argv = [
    process.execPath,
    script,
    ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', options.state],
    ...['--disableTelemetry', '--skipApiVersionCheck', '--silent'],
  ];
  await import(script);
  await untilListening(port);
  return {
    port,
    endpoint: `http://localhost:${port}/${options.account}`,
    // Azurite ends itself on the same signal.
    close: async () => {},
  };
}

async function untilListening(port: number): Promise<void> {
  const deadline = Date.now() + startTimeout;
  for (;;) {
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

/** Azurite neither tells which port it got when it may choose, nor fails when the one it is given is busy. */
async function freePort(wanted: number): Promise<number> {
  const probe = await listen(createServer(), wanted);
  await probe.close();
  return probe.port;
}
