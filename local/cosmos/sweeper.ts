import type { Store } from './store.ts';

const every = 5_000;

/** Removes what has expired or was deleted with its container, a little at a time, so that requests get their turn. */
export function startSweeper(store: Store, log?: (line: string) => void): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout;
  let running = Promise.resolve();
  let stopped = false;
  const sweep = async (): Promise<void> => {
    let more = false;
    try {
      more = await store.change(() => store.sweep());
    } catch (error) {
      log?.(`cosmos: sweeping failed: ${error instanceof Error ? error.message : error}`);
    }
    if (!stopped) schedule(more ? 10 : every);
  };
  const schedule = (milliseconds: number): void => {
    timer = setTimeout(() => {
      running = sweep();
    }, milliseconds);
    timer.unref();
  };
  schedule(every);
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
