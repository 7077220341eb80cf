import type { RegisteredFunction, RetryOptions } from './core-api.ts';
import type { Invocation } from './invocation.ts';
import type { Invoke } from './invoke.ts';
import { describeError, type Log } from './log.ts';

/**
 * Calls a function until it returns, as its retry options say; without any, once
 * (https://learn.microsoft.com/azure/azure-functions/functions-bindings-error-pages). The last failure rejects.
 * @param stopping no further attempt is made once it is aborted: the call then rejects with the failure at hand
 */
export async function invokeWithRetry(
  invoke: Invoke,
  one: RegisteredFunction,
  invocation: Invocation,
  { stopping, log }: { stopping: AbortSignal; log: Log },
): Promise<void> {
  const most = one.retry?.maxRetryCount ?? 0;
  let retryContext: Invocation['retryContext'];
  for (let attempt = 0; ; attempt++) {
    try {
      await invoke(one, { ...invocation, retryContext });
      return;
    } catch (error) {
      log('error', `Function.${one.name}`, `failed with ${describeError(error)} (attempt ${attempt + 1})`);
      const last = most >= 0 && attempt >= most;
      if (!last) await pause(retryDelay(one.retry, attempt), stopping);
      if (last || stopping.aborted) throw error;
      retryContext = {
        retryCount: attempt + 1,
        maxRetryCount: most,
        exception: { message: error instanceof Error ? error.message : 'failed' },
      };
    }
  }
}

/** Wait before attempt `attempt + 2`, in milliseconds. */
export function retryDelay(retry: RetryOptions | undefined, attempt: number): number {
  if (retry?.retryStrategy === 'exponentialBackoff') {
    const first = (retry.minimumInterval?.seconds ?? 1) * 1000;
    const longest = (retry.maximumInterval?.seconds ?? 30) * 1000;
    return Math.min(first * 2 ** Math.min(attempt, 30), longest);
  }
  return (retry?.delayInterval?.seconds ?? 1) * 1000;
}

/** Waits, but not once it is time to stop. */
export const pause = (milliseconds: number, stopping: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (stopping.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    stopping.addEventListener('abort', done);
  });
