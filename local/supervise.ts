import { type SpawnedServer, spawnServer } from './spawn.ts';

/** A server that is started again when it dies. */
export interface Supervised {
  readonly name: string;
  stop(): Promise<void>;
}

const restartAfter = 300;
/** How long a stop waits for a start that is under way, ms. */
const restartFor = 5_000;

/** Starts a server and keeps it running. @throws Error when it does not even start once and nobody waits for that. */
export async function supervise(options: {
  name: string;
  options: object;
  environment: NodeJS.ProcessEnv;
  runFolder: string;
  log: (line: string) => void;
  died: (code: string) => void;
  /** Whether it is tried again when it does not even start: somebody is mending it. */
  patient?: boolean;
}): Promise<Supervised> {
  const { name, runFolder, environment, log } = options;
  let stopping = false;
  let restarting: Promise<void> | undefined;
  let current: SpawnedServer | undefined;
  const open = (): Promise<SpawnedServer> => spawnServer(name, options.options, { runFolder, environment, log });
  const watch = (server: SpawnedServer): void => {
    current = server;
    server.child.once('exit', (code, signal) => {
      if (stopping) return;
      options.died(signal ?? `exit ${code}`);
      restarting = restart();
    });
  };
  const restart = async (): Promise<void> => {
    while (!stopping) {
      await new Promise((resolve) => setTimeout(resolve, restartAfter));
      try {
        const server = await open();
        // Told to stop meanwhile: it must not outlive whoever started it.
        if (stopping) await server.stop();
        else watch(server);
        return;
      } catch (error) {
        log(error instanceof Error ? error.message : String(error));
      }
    }
  };
  try {
    watch(await open());
  } catch (error) {
    if (options.patient !== true) throw error;
    await restart();
  }
  return {
    name,
    async stop() {
      stopping = true;
      await current?.stop();
      // One that waits for its files to be mended ends by itself when nobody is there any more.
      await Promise.race([restarting, new Promise((resolve) => setTimeout(resolve, restartFor))]);
    },
  };
}
