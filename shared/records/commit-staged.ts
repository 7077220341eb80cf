import type { BatchOperation, Documents } from '../azure/documents.ts';
import type { Clock } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { type CommitFacts, type CommitOutcome, recordedChange } from './commit-outcome.ts';
import type { Stageable, TransactionDocument, TransactionPart } from './documents.ts';
import { transactionIdOf } from './outbox.ts';
import type { Plan } from './planned.ts';
import { batchBytes, cleanAll, promoteAll } from './promote.ts';
import { promotedLately } from './promoted-lately.ts';
import { mergeSessions } from './session.ts';
import type { Settling } from './settle.ts';
import { stageOperation } from './staging.ts';
import { type Open, type Transactions, transactionTime } from './transactions.ts';
import { timeAfter } from './view.ts';
import type { Found, Write } from './write.ts';

interface Dependencies {
  readonly documents: Documents;
  readonly transactions: Transactions;
  readonly settling: Settling;
  readonly clock: Clock;
  readonly step?: CommitFacts['step'];
}

const stagedTogether = 99;
const attemptsAtMost = 100;

/**
 * Commit of the second kind, over several partitions: (1) the transaction, open; (2) `next` into every document;
 * (3) one replace decides; (4) promotion. Killed anywhere, others finish it or take it back.
 */
export async function commitStaged(deps: Dependencies, plan: Plan, facts: CommitFacts): Promise<CommitOutcome> {
  const begun = await begin(deps, plan, facts);
  if ('kind' in begun) return begun;
  const transaction = begun.document;
  await deps.step?.('begun');
  const staged = await stage(deps, plan, transaction);
  await deps.step?.('staged');
  if (staged === undefined) return takeBack(deps, begun);
  // The commit time is set here: readers see the versions from this moment.
  const committedAt = deps.clock.now().getTime();
  const committed = await deps.transactions.decide(begun, {
    state: 'committed',
    committedAt,
    ...(facts.audit === undefined ? {} : { audit: facts.audit }),
    ...(staged.session === undefined ? {} : { session: staged.session }),
  });
  if (committed === undefined) return takeBack(deps, begun);
  await deps.step?.('committed');
  const session = mergeSessions(staged.session, await promoteNow(deps, committed, staged.found));
  return {
    kind: 'committed',
    changes: plan.changes.map((change) => ({
      ...change,
      lastUpdated: timeAfter(change.lastUpdatedBefore, committedAt),
    })),
    session: session ?? '',
  };
}

async function begin(
  { transactions, settling, clock }: Dependencies,
  plan: Plan,
  facts: CommitFacts,
): Promise<Open | CommitOutcome> {
  for (let attempt = 0; attempt < attemptsAtMost; attempt++) {
    const id = transactionIdOf(facts.ulid, facts.messageId, attempt);
    const open = await transactions.begin({
      id,
      kind: 'transaction',
      trust: facts.trust,
      state: 'open',
      deadline: clock.now().getTime() + transactionTime,
      traceparent: facts.traceparent,
      parts: partsOf(plan),
    });
    if (open !== undefined) return open;
    // The same message, on its way through another process or delivered before.
    if (!(await settling.settle(id)))
      throw new WardlineError('conflict', 'The message is being filed.', { retryAfter: 1 });
    const stands = (await transactions.find(id))?.document;
    if (stands?.state === 'committed') {
      const committedAt = new Date(stands.committedAt ?? 0).toISOString();
      const entries = stands.parts.map(({ changes }) => ({ changes, committedAt }));
      return { kind: 'duplicate', entries, session: stands.session ?? '' };
    }
  }
  throw new WardlineError('conflict', 'The message cannot be filed now.', { retryAfter: 5 });
}

function partsOf({ writes, changes }: Plan): TransactionPart[] {
  const byPartition = Map.groupBy(writes, ({ partition }) => partition);
  return [...byPartition].map(([partition, inPartition]) => ({
    partition,
    ids: inPartition.map(({ id }) => id),
    changes: changes.filter((change) => change.partition === partition).map(recordedChange),
  }));
}

/** Undefined: a document changed since it was read, or one exists that should not. */
async function stage(
  { documents, clock, step }: Dependencies,
  { writes }: Plan,
  transaction: TransactionDocument,
): Promise<{ session: string | undefined; found: Map<string, Found[]> } | undefined> {
  const sessions: string[] = [];
  const found = new Map<string, Found[]>();
  const results = await Promise.all(
    [...Map.groupBy(writes, ({ partition }) => partition)].map(async ([partition, inPartition], index) => {
      const seen: Found[] = [];
      found.set(partition, seen);
      for (const chunk of chunksOf(inPartition, transaction.id)) {
        await step?.(`stage ${index}`);
        const outcome = await documents.batch(partition, chunk);
        if (!outcome.ok && outcome.status === 413)
          throw new WardlineError('too-large', 'The record is too large to store.');
        if (!outcome.ok) return false;
        sessions.push(outcome.session);
        for (const [at, operation] of chunk.entries()) {
          if (operation.op !== 'create' && operation.op !== 'replace') continue;
          seen.push({ document: operation.document as Stageable, etag: outcome.etags[at] ?? '' });
        }
      }
      return true;
    }),
  );
  if (!results.every(Boolean)) return undefined;
  // Whoever sees this transaction must also see those it builds on: its own mark takes the place of theirs.
  const now = clock.now().getTime();
  const earlier = writes.map(({ before }) => promotedLately(before?.document, now)?.session);
  return { session: mergeSessions(...sessions, ...earlier), found };
}

function chunksOf(writes: readonly Write[], transactionId: string): BatchOperation[][] {
  const chunks: BatchOperation[][] = [];
  let bytes = batchBytes;
  for (const write of writes) {
    const operation = stageOperation(write, transactionId);
    const size = JSON.stringify(operation).length;
    const last = chunks.at(-1);
    if (last === undefined || last.length === stagedTogether || bytes + size > batchBytes) {
      chunks.push([operation]);
      bytes = size;
    } else {
      last.push(operation);
      bytes += size;
    }
  }
  return chunks;
}

async function takeBack(deps: Dependencies, open: Open): Promise<CommitOutcome> {
  await deps.transactions.decide(open, { state: 'aborted' });
  await deps.step?.('aborted');
  await cleanAll(deps, open.document);
  await deps.transactions.close(open.document.id);
  return { kind: 'again' };
}

/** The commit stands whatever happens here: what is left undone others finish. */
async function promoteNow(
  deps: Dependencies,
  committed: TransactionDocument,
  seen: ReadonlyMap<string, readonly Found[]>,
): Promise<string | undefined> {
  try {
    const session = await promoteAll(deps, committed, seen);
    await deps.step?.('promoted');
    // Only the sweep asks whether a transaction is closed: the caller need not wait, and a failure costs one look more.
    deps.transactions.close(committed.id).catch(() => undefined);
    return session;
  } catch {
    return undefined;
  }
}
