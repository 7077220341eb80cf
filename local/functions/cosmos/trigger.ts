import { setTimeout as delay } from 'node:timers/promises';
import { ChangeFeedStartFrom, type CosmosClient } from '@azure/cosmos';
import type { RegisteredFunction } from '../core-api.ts';
import type { HostServices, Listener } from '../extension.ts';
import { describeError } from '../log.ts';
import { invokeWithRetry, pause } from '../retry.ts';
import type { CosmosClients } from './clients.ts';
import { type FeedStart, isLeaseLost, Lease } from './lease.ts';

/** The extension's own defaults, ms and documents. */
const defaultPoll = 5_000;
const defaultItems = 100;
/** Wait before the store is asked again after it failed, ms. */
const retryAfter = 1_000;
/** How long a stop waits for a function that is under way, ms. */
const drainFor = 10_000;

/**
 * Reads the change feed of a container for one function, as Azure's trigger does: documents in order, at least once,
 * polled every 5 s. A call that fails is retried as the function's retry options say; when these are used up, or there
 * are none, the feed moves on (https://learn.microsoft.com/azure/azure-functions/functions-bindings-error-pages).
 */
export function listenToCosmos(one: RegisteredFunction, services: HostServices, clients: CosmosClients): Listener {
  const stopping = new AbortController();
  const running = run(one, services, clients, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await Promise.race([running, delay(drainFor, undefined, { ref: false })]);
    },
  };
}

async function run(
  one: RegisteredFunction,
  { invoke, log }: HostServices,
  clients: CosmosClients,
  stopping: AbortSignal,
): Promise<void> {
  const feed = openFeed(one, clients);
  let told = '';
  while (!stopping.aborted) {
    try {
      await feed.prepare();
      let from = await feed.lease.open(feed.source, feed.start);
      while (!stopping.aborted) {
        const page = await feed.source.items
          .getChangeFeedIterator<unknown>({ changeFeedStartFrom: from, maxItemCount: feed.size })
          .readNext();
        told = '';
        if (page.statusCode === 304 || page.result.length === 0) {
          await pause(feed.poll, stopping);
          continue;
        }
        const call = { input: { json: JSON.stringify(page.result) } };
        const returned = await invokeWithRetry(invoke, one, call, { stopping, log }).then(
          () => true,
          () => false,
        );
        // Told to stop between two attempts: these documents come again.
        if (!returned && stopping.aborted) return;
        await feed.lease.save(page.continuationToken);
        from = ChangeFeedStartFrom.Continuation(page.continuationToken);
      }
    } catch (error) {
      // The store is away, or another reader moved the lease: from the kept place on.
      const what = describeError(error);
      if (what !== told && !isLeaseLost(error) && !stopping.aborted)
        log('warning', `Function.${one.name}`, `cannot read the change feed: ${what}`);
      told = what;
      await pause(retryAfter, stopping);
    }
  }
}

/** Everything the loop needs, from the trigger's options. */
function openFeed(one: RegisteredFunction, clients: CosmosClients) {
  const { binding } = one.trigger;
  const text = (name: string, fallback = ''): string => String(binding[name] ?? fallback);
  const number = (name: string, fallback: number): number =>
    typeof binding[name] === 'number' ? binding[name] : fallback;
  const client = clients.open(text('connection'), one.name);
  const leaseClient = clients.open(text('leaseConnection', text('connection')), one.name);
  const leases = {
    database: text('leaseDatabaseName', text('databaseName')),
    container: text('leaseContainerName', 'leases'),
  };
  return {
    source: client.database(text('databaseName')).container(text('containerName')),
    lease: new Lease(leaseClient.database(leases.database).container(leases.container), leaseId(one)),
    start: feedStart(one),
    poll: number('feedPollDelay', defaultPoll),
    size: number('maxItemsPerInvocation', defaultItems),
    prepare: () =>
      binding['createLeaseContainerIfNotExists'] === true ? createLeases(leaseClient, leases) : Promise.resolve(),
  };
}

async function createLeases(
  client: CosmosClient,
  { database, container }: { database: string; container: string },
): Promise<void> {
  await client.database(database).containers.createIfNotExists({ id: container, partitionKey: { paths: ['/id'] } });
}

/** Two functions on one container need different prefixes: in Azure they would share the feed, each seeing a part. */
export const leaseId = ({ trigger: { binding } }: RegisteredFunction): string =>
  `${String(binding['leaseContainerPrefix'] ?? '')}${String(binding['containerName'])}`;

/** @throws Error when startFromTime is no date */
export function feedStart({ name, trigger: { binding } }: RegisteredFunction): FeedStart {
  if (binding['startFromBeginning'] === true) return 'beginning';
  if (binding['startFromTime'] === undefined) return 'now';
  const time = new Date(String(binding['startFromTime']));
  if (Number.isNaN(time.getTime())) throw new Error(`Function "${name}": startFromTime is no date (ISO 8601).`);
  return time;
}
