import { randomUUID } from 'node:crypto';
import type { BlobServiceClient } from '@azure/storage-blob';
import type { EventBody } from './events.ts';
import { type Outcome, outcomeName } from './retry.ts';
import type { Store, UndeliveredEvent } from './store.ts';

const perBlob = 1000;
/** "If the dead-letter location is unavailable for four hours, the event is dropped." */
const patience = 4 * 3600_000;

/**
 * An event with why it was given up, in the field names of its schema
 * (https://learn.microsoft.com/azure/event-grid/delivery-and-retry#dead-letter-events).
 */
export function asDeadLetter(
  event: EventBody,
  facts: {
    readonly reason: string;
    readonly attempts: number;
    readonly outcome: Outcome | undefined;
    readonly published: number;
    readonly now: number;
  },
): EventBody {
  const { reason, attempts, outcome, published, now } = facts;
  const fields: EventBody = {
    deadLetterReason: reason,
    deliveryAttempts: attempts,
    ...(outcome === undefined ? {} : { lastDeliveryOutcome: outcomeName(outcome) }),
    ...(typeof outcome === 'number' ? { lastHttpStatusCode: outcome } : {}),
    publishTime: new Date(published).toISOString(),
    lastDeliveryAttemptTime: new Date(now).toISOString(),
  };
  // Attributes of a CloudEvent have lower-case names.
  const lower = event['specversion'] !== undefined;
  return {
    ...event,
    ...Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [lower ? name.toLowerCase() : name, value] as const),
    ),
  };
}

/** `SUBSCRIPTION/2026/8/5/17/{uuid}.json`: upper case, date and hour (UTC) without leading zeros. */
export const blobName = (subscription: string, now: Date, id: string): string =>
  [
    subscription.toUpperCase(),
    now.getUTCFullYear(),
    now.getUTCMonth() + 1,
    now.getUTCDate(),
    now.getUTCHours(),
    `${id}.json`,
  ].join('/');

/** Writes events that were given up to blob storage, as arrays; an event is forgotten here when its blob is written. */
export function startDeadLetters(options: {
  readonly store: Store;
  /** Where dead letters go; undefined: nowhere, and then none are kept. The SDK is loaded by the first of them. */
  readonly connectionString: string | undefined;
  readonly log: (line: string) => void;
  /** Milliseconds between passes. */
  readonly every: number;
}): { readonly wake: () => void; stop(): Promise<void> } {
  const { store, log } = options;
  let client: Promise<BlobServiceClient> | undefined;
  const container = async (name: string) => {
    client ??= openBlobs(options.connectionString ?? '');
    return (await client).getContainerClient(name);
  };
  let round: Promise<void> | undefined;
  let stopped = false;

  const write = async (rows: readonly UndeliveredEvent[]): Promise<void> => {
    const [first] = rows;
    if (first === undefined) return;
    const name = blobName(first.subscription, new Date(), randomUUID());
    const body = `[${rows.map(({ event }) => event).join(',')}]`;
    await (await container(first.container))
      .getBlockBlobClient(name)
      .upload(body, Buffer.byteLength(body), { blobHTTPHeaders: { blobContentType: 'application/json' } });
    await store.forgetUndelivered(idsOf(rows));
  };
  const attempt = async (rows: readonly UndeliveredEvent[]): Promise<void> => {
    try {
      await write(rows);
    } catch (error) {
      const [{ subscription = '', container: to = '', since = 0 } = {}] = rows;
      const why = error instanceof Error && 'code' in error ? error.code : String(error);
      if (Date.now() - since < patience) return log(`event-grid: container ${to} takes no dead letters: ${why}`);
      log(`event-grid: ${rows.length} dead letters of ${subscription} are dropped: ${why}`);
      await store.forgetUndelivered(idsOf(rows));
    }
  };
  const pass = async (): Promise<void> => {
    const bySubscription = Map.groupBy(store.undelivered(perBlob), ({ topic, subscription, container }) =>
      [topic, subscription, container].join('/'),
    );
    for (const group of bySubscription.values()) if (!stopped) await attempt(group);
  };
  const wake = (): void => {
    round ??= pass()
      .catch((error: unknown) => log(`event-grid: ${String(error)}`))
      .finally(() => {
        round = undefined;
      });
  };
  const timer = setInterval(wake, options.every);
  return {
    wake,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await round;
    },
  };
}

async function openBlobs(connectionString: string): Promise<BlobServiceClient> {
  const { BlobServiceClient: Client } = await import('@azure/storage-blob');
  return Client.fromConnectionString(connectionString, { retryOptions: { maxTries: 1 } });
}

const idsOf = (rows: readonly UndeliveredEvent[]): number[] => rows.map(({ id }) => id);
