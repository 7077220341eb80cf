import type { BatchOperation, Documents } from '../azure/documents.ts';
import type { Clock } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { OutboxEntry, Stageable, TransactionDocument, TransactionPart } from './documents.ts';
import { outboxLifetime } from './outbox.ts';
import { mergeSessions } from './session.ts';
import { abortOperation, promoteOperations } from './staging.ts';
import type { Found } from './write.ts';

/** Documents of a partition that are staged by a transaction, as somebody just saw them. */
export type Seen = ReadonlyMap<string, readonly Found[]>;

interface Dependencies {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly step?: ((name: string) => Promise<void> | void) | undefined;
}

/** A promotion of one document is at most two operations, and a batch holds one outbox entry besides. */
const promotedTogether = 49;
/** Batches a partition and run; who loses a race against another promoter looks again at what is left. */
const roundsAtMost = 50;
/** Batches stay below Cosmos DB's 2 MB with room for what surrounds the documents. */
export const batchBytes = 1_700_000;

/**
 * Finishes a committed transaction: `next` becomes the document, the version before is kept, one outbox entry a
 * partition tells of it in the last batch there. Doing it twice, or by two processes at once, changes nothing more.
 * @returns the session token that covers it
 */
export async function promoteAll(
  deps: Dependencies,
  transaction: TransactionDocument,
  seen?: Seen,
): Promise<string | undefined> {
  const sessions = await Promise.all(
    transaction.parts.map((part, index) => promotePart(deps, transaction, part, index, seen?.get(part.partition))),
  );
  return mergeSessions(...sessions);
}

async function promotePart(
  { documents, clock, step }: Dependencies,
  transaction: TransactionDocument,
  part: TransactionPart,
  index: number,
  seen: readonly Found[] | undefined,
): Promise<string | undefined> {
  let session: string | undefined;
  let rest = seen ?? (await stagedIn(documents, transaction.id, part));
  for (let round = 0; rest.length > 0; round++) {
    if (round === roundsAtMost) throw new WardlineError('unavailable', 'A transaction cannot be finished now.');
    const now = clock.now().getTime();
    const { taken, operations } = take(rest, ({ document, etag }) =>
      promoteOperations(document, etag, transaction, now),
    );
    const last = taken === rest.length;
    const outbox = outboxOf(transaction, part, index);
    await step?.(`promote ${index}`);
    const outcome = await documents.batch(part.partition, [
      ...(last && outbox !== undefined ? [{ op: 'create', document: outbox } as const] : []),
      ...operations,
    ]);
    session = outcome.session;
    rest = outcome.ok ? rest.slice(taken) : await stagedIn(documents, transaction.id, part);
  }
  return session;
}

/** Takes everything away that an aborted transaction staged. */
export async function cleanAll({ documents }: Dependencies, transaction: TransactionDocument): Promise<void> {
  await Promise.all(transaction.parts.map((part) => clean(documents, transaction.id, part)));
}

/** Takes away what one transaction staged in some documents of a partition. */
export async function clean(
  documents: Documents,
  transactionId: string,
  part: Pick<TransactionPart, 'partition' | 'ids'>,
): Promise<void> {
  let rest = await stagedIn(documents, transactionId, part);
  for (let round = 0; rest.length > 0; round++) {
    if (round === roundsAtMost) throw new WardlineError('unavailable', 'A transaction cannot be taken back now.');
    const { taken, operations } = take(rest, ({ document, etag }) => [abortOperation(document, etag)]);
    const outcome = await documents.batch(part.partition, operations);
    rest = outcome.ok ? rest.slice(taken) : await stagedIn(documents, transactionId, part);
  }
}

/** Which of the documents still hold the transaction's `next`; from the primary replica. */
async function stagedIn(
  documents: Documents,
  transactionId: string,
  part: Pick<TransactionPart, 'partition' | 'ids'>,
): Promise<Found[]> {
  const found: Found[] = [];
  for (let start = 0; start < part.ids.length; start += promotedTogether) {
    const read = await documents.readTogether<Stageable>(
      part.partition,
      part.ids.slice(start, start + promotedTogether),
    );
    for (const each of read) if (each?.document.next?.transaction === transactionId) found.push(each);
  }
  return found;
}

/** As many documents as fit into one batch. */
function take(
  rest: readonly Found[],
  operationsOf: (found: Found) => BatchOperation[],
): { taken: number; operations: BatchOperation[] } {
  const operations: BatchOperation[] = [];
  let bytes = 0;
  let taken = 0;
  for (const found of rest) {
    const added = operationsOf(found);
    bytes += JSON.stringify(added).length;
    if (taken > 0 && (taken === promotedTogether || bytes > batchBytes)) break;
    operations.push(...added);
    taken += 1;
  }
  return { taken, operations };
}

/** The audit entry of the commit goes with the first partition that has something to tell. */
function outboxOf(transaction: TransactionDocument, part: TransactionPart, index: number): OutboxEntry | undefined {
  if (part.changes.length === 0) return undefined;
  const first = transaction.parts.findIndex(({ changes }) => changes.length > 0);
  return {
    kind: 'outbox',
    id: `outbox|${transaction.id}-${index}`,
    partition: part.partition,
    trust: transaction.trust,
    committedAt: new Date(transaction.committedAt ?? 0).toISOString(),
    traceparent: transaction.traceparent,
    changes: part.changes,
    ...(index === first && transaction.audit !== undefined ? { audit: transaction.audit } : {}),
    ttl: outboxLifetime,
  };
}
