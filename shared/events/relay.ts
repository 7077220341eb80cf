import type { Blobs } from '../azure/blobs.ts';
import type { Bus, BusMessage } from '../azure/bus.ts';
import type { Telemetry } from '../azure/telemetry.ts';
import type { RecordsChanged } from '../boards/index.ts';
import { hasCode } from '../errors.ts';
import type { OutboxEntry } from '../records/index.ts';
import { blobContainers, queues, recordChanges, sessionOf } from '../topology.ts';
import { isOutbox, readOutbox } from './outbox-entry.ts';

export interface RelayDependencies {
  readonly bus: Pick<Bus, 'send'>;
  readonly blobs: Pick<Blobs, 'put'>;
  readonly telemetry: Telemetry;
}

/** What an outbox entry becomes: at most one message to the topic and one to the audit queue. */
interface Told {
  readonly entry: OutboxEntry;
  readonly change?: BusMessage;
  readonly audit?: BusMessage;
}

/**
 * Tells the topic `record-changes` and the queue `audit` what new outbox entries say; entries of one session in their
 * order. An entry that cannot be told goes to a dead-letter blob, and the feed moves on; while the bus is away nothing
 * is given up: the feed brings the same documents again, and ids fixed at the source make the repetition harmless.
 * @throws WardlineError `unavailable` when the bus or the blobs are away
 */
export async function relay(deps: RelayDependencies, documents: readonly unknown[]): Promise<void> {
  const entries: OutboxEntry[] = [];
  for (const document of documents.filter(isOutbox)) {
    const entry = readOutbox(document);
    if (entry === undefined) await deadLetter(deps, document, 'malformed');
    else entries.push(entry);
  }
  if (entries.length > 0) await withSpans(deps.telemetry, entries, (traces) => tell(deps, entries, traces));
}

async function tell(
  deps: RelayDependencies,
  entries: readonly OutboxEntry[],
  traces: readonly string[],
): Promise<void> {
  const all = entries.map((entry, index) => toldOf(entry, traces[index] ?? entry.traceparent));
  const sessions = Map.groupBy(all, ({ change }) => change?.sessionId);
  await Promise.all([
    ...[...sessions.values()].map((some) => send(deps, recordChanges.topic, some, 'change')),
    send(deps, queues.audit, all, 'audit'),
  ]);
}

function toldOf(entry: OutboxEntry, traceparent: string): Told {
  const { id, trust, changes, committedAt, partition, audit } = entry;
  const body: RecordsChanged = { id, trust, changes, committedAt };
  const sessionId = sessionOf(partition);
  return {
    entry,
    ...(changes.length === 0 ? {} : { change: { messageId: `${partition}|${id}`, body, sessionId, traceparent } }),
    ...(audit === undefined ? {} : { audit: { messageId: audit.id, body: audit, traceparent } }),
  };
}

/** Together; when one of them is larger than the bus takes, one by one, so that the others still go. */
async function send(
  deps: RelayDependencies,
  entity: string,
  told: readonly Told[],
  part: 'change' | 'audit',
): Promise<void> {
  const some = told.flatMap(({ entry, [part]: message }) => (message === undefined ? [] : [{ entry, message }]));
  if (some.length === 0) return;
  try {
    return await deps.bus.send(
      entity,
      some.map(({ message }) => message),
    );
  } catch (error) {
    if (!hasCode(error, 'too-large')) throw error;
  }
  for (const { entry, message } of some) {
    try {
      await deps.bus.send(entity, [message]);
    } catch (error) {
      if (!hasCode(error, 'too-large')) throw error;
      await deadLetter(deps, entry, `too large for ${entity}`);
    }
  }
}

/** The blob says where the entry lies; the entry itself stays there for 30 days. */
async function deadLetter(
  { blobs, telemetry }: RelayDependencies,
  { id, partition }: { readonly id?: unknown; readonly partition?: unknown },
  why: string,
): Promise<void> {
  const name = encodeURIComponent(`${String(partition)}/${String(id)}`);
  await blobs.put(blobContainers.relayDeadLetters, name, JSON.stringify({ id, partition, why }));
  telemetry.event('relay-dead-letter', { blob: name, why });
}

/** A span for each entry, within the trace of its commit, that lasts until all are told. */
async function withSpans(
  telemetry: Telemetry,
  entries: readonly OutboxEntry[],
  work: (traces: readonly string[]) => Promise<void>,
): Promise<void> {
  const done = Promise.withResolvers<void>();
  const begun = entries.map(() => Promise.withResolvers<string>());
  const spans = entries.map(({ traceparent, changes }, index) =>
    telemetry.span(
      'relay',
      { kind: 'producer', parent: traceparent, attributes: { changes: changes.length } },
      async (span) => {
        begun[index]?.resolve(span.traceparent);
        await done.promise;
      },
    ),
  );
  Promise.all(begun.map(({ promise }) => promise))
    .then(work)
    .then(done.resolve, done.reject);
  await Promise.all(spans);
}
