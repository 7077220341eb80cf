import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A local server in a process of its own. */
export interface SpawnedServer {
  readonly child: ChildProcess;
  readonly port: number;
  readonly endpoint: string;
  /** Everything the server said of itself when it was ready. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Ends it as it should end. */
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/**
 * Starts one server as a child process and waits until it listens.
 * @throws Error with what it printed, when it ends before that.
 */
export async function spawnServer(
  service: string,
  options: object,
  settings: { runFolder?: string; environment?: NodeJS.ProcessEnv; log?: (line: string) => void } = {},
): Promise<SpawnedServer> {
  const script = fileURLToPath(new URL('./process.ts', import.meta.url));
  const argumentsOfNode = ['--disable-warning=ExperimentalWarning', script, service, JSON.stringify(options)];
  const child = spawn(
    process.execPath,
    settings.runFolder === undefined ? argumentsOfNode : [...argumentsOfNode, settings.runFolder],
    {
      // The channel carries nothing: by its end the child knows that this process has gone.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...settings.environment },
    },
  );
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('The child process has no output.');
  const exited = once(child, 'exit');
  let said = '';
  const facts = await new Promise<Record<string, unknown>>((resolve, reject) => {
    createInterface({ input: stdout }).on('line', (line) => {
      if (line.startsWith('ready ')) resolve(JSON.parse(line.slice(6)));
      else settings.log?.(line);
    });
    createInterface({ input: stderr }).on('line', (line) => {
      said = `${said}${line}\n`.slice(-4000);
      settings.log?.(line);
    });
    child.on('exit', (code) => reject(new Error(`${service} did not start (exit ${code}).\n${said}`)));
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return {
    child,
    port: Number(facts['port']),
    endpoint: String(facts['endpoint']),
    facts,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
