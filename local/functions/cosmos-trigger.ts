import { ChangeFeedStartFrom, type Container, CosmosClient, type ItemDefinition } from '@azure/cosmos';
import type { RegisteredFunction, RetryOptions } from './core-api.ts';
import type { Invoke } from './invoke.ts';
import type { Listener } from './service-bus-trigger.ts';

interface Lease extends ItemDefinition {
  readonly id: string;
  readonly continuation: string;
}

const defaultPoll = 5_000;
const defaultItems = 100;
const retryAfter = 1_000;

/**
 * Reads the change feed of a container for one function. The place reached is kept in the lease container, under the
 * function's prefix, and moves on only when the function has returned: at least once, never skipped.
 */
export function listenToCosmos(options: {
  one: RegisteredFunction;
  invoke: Invoke;
  connection: string;
  log: (line: string) => void;
}): Listener {
  const { one, invoke, connection, log } = options;
  const { binding } = one.trigger;
  const text = (name: string): string => String(binding[name] ?? '');
  const endpoint = /AccountEndpoint=([^;]+)/.exec(connection)?.[1] ?? '';
  const key = /AccountKey=([^;]+)/.exec(connection)?.[1] ?? '';
  const client = new CosmosClient({
    endpoint,
    key,
    consistencyLevel: 'Session',
    connectionPolicy: { requestTimeout: 10_000 },
  });
  const database = client.database(text('databaseName'));
  const leases = database.container(text('leaseContainerName') || 'leases');
  const source = database.container(text('containerName'));
  const lease = `${text('leaseContainerPrefix')}${text('containerName')}`;
  const poll = typeof binding['feedPollDelay'] === 'number' ? binding['feedPollDelay'] : defaultPoll;
  const size = typeof binding['maxItemsPerInvocation'] === 'number' ? binding['maxItemsPerInvocation'] : defaultItems;
  let stopped = false;

  const run = async (): Promise<void> => {
    let continuation: string | undefined;
    while (!stopped) {
      try {
        continuation ??= await openLease(leases, lease, source, binding['startFromBeginning'] === true);
        const feed = source.items.getChangeFeedIterator<unknown>({
          changeFeedStartFrom: ChangeFeedStartFrom.Continuation(continuation),
          maxItemCount: size,
        });
        const page = await feed.readNext();
        if (page.statusCode === 304 || page.result.length === 0) {
          await pause(poll);
          continue;
        }
        await invokeWithRetry(invoke, one, page.result, () => stopped, log);
        if (stopped) return;
        continuation = page.continuationToken;
        await leases.items.upsert({ id: lease, continuation });
      } catch {
        // The store is away: from the kept place on when it is back.
        continuation = undefined;
        await pause(retryAfter);
      }
    }
  };
  const running = run();
  return {
    async stop() {
      stopped = true;
      await Promise.race([running, pause(10_000)]);
      client.dispose();
    },
  };
}

async function openLease(leases: Container, id: string, source: Container, fromBeginning: boolean): Promise<string> {
  const { resource } = await leases.item(id, id).read<Lease>();
  if (resource !== undefined) return resource.continuation;
  const start = fromBeginning ? ChangeFeedStartFrom.Beginning() : ChangeFeedStartFrom.Now();
  const feed = source.items.getChangeFeedIterator({ changeFeedStartFrom: start, maxItemCount: 1 });
  if (fromBeginning) {
    // A continuation from the very beginning: the first page's place with nothing taken.
    const page = await feed.readNext();
    const token = JSON.parse(page.continuationToken) as { Continuation: { continuationToken: string }[] };
    for (const range of token.Continuation) range.continuationToken = '"0"';
    return JSON.stringify(token);
  }
  return (await feed.readNext()).continuationToken;
}

/** Retries as the function asked for; without retry options once, then on. */
async function invokeWithRetry(
  invoke: Invoke,
  one: RegisteredFunction,
  documents: readonly unknown[],
  stopped: () => boolean,
  log: (line: string) => void,
): Promise<void> {
  const most =
    one.retry === undefined ? 0 : one.retry.maxRetryCount < 0 ? Number.POSITIVE_INFINITY : one.retry.maxRetryCount;
  let failure: unknown;
  for (let attempt = 0; attempt <= most && !stopped(); attempt++) {
    try {
      const retryContext =
        attempt === 0
          ? {}
          : {
              retryContext: {
                retryCount: attempt,
                maxRetryCount: one.retry?.maxRetryCount ?? 0,
                exception: { message: failure instanceof Error ? failure.message : 'failed' },
              },
            };
      await invoke(one, { input: { json: JSON.stringify(documents) }, ...retryContext });
      return;
    } catch (error) {
      failure = error;
      log(`${one.name}: failed with ${error instanceof Error ? error.name : 'an error'} (attempt ${attempt + 1})`);
      if (attempt < most) await pause(delayOf(one.retry, attempt));
    }
  }
}

function delayOf(retry: RetryOptions | undefined, attempt: number): number {
  if (retry?.retryStrategy === 'exponentialBackoff') {
    return Math.min((retry.minimumInterval?.seconds ?? 1) * 2 ** attempt, retry.maximumInterval?.seconds ?? 30) * 1000;
  }
  return (retry?.delayInterval?.seconds ?? 1) * 1000;
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
