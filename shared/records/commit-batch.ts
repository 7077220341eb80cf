import type { BatchOperation, Documents } from '../azure/documents.ts';
import type { Clock } from '../context.ts';
import { type CommitFacts, type CommitOutcome, recordedChange } from './commit-outcome.ts';
import type { OutboxEntry } from './documents.ts';
import { outboxIdOf, outboxLifetime } from './outbox.ts';
import type { Plan } from './planned.ts';
import { batchBytes } from './promote.ts';
import { batchOperations } from './write.ts';

const operationsAtMost = 100;

/** The operations of a commit that fits into one transactional batch of one partition; undefined: it does not. */
export function oneBatch(plan: Plan): { partition: string; operations: readonly BatchOperation[] } | undefined {
  const partition = plan.writes[0]?.partition;
  if (partition === undefined || plan.writes.some((write) => write.partition !== partition)) return undefined;
  const operations = plan.writes.flatMap(batchOperations);
  if (operations.length >= operationsAtMost) return undefined;
  return JSON.stringify(operations).length > batchBytes ? undefined : { partition, operations };
}

/** Commit of the first kind: record, versions, head, event and audit entry in one batch, all or nothing. */
export async function commitBatch(
  { documents, clock, step }: { documents: Documents; clock: Clock; step?: CommitFacts['step'] },
  plan: Plan,
  { partition, operations }: { partition: string; operations: readonly BatchOperation[] },
  facts: CommitFacts,
): Promise<CommitOutcome> {
  const outbox: OutboxEntry = {
    kind: 'outbox',
    id: outboxIdOf(facts.ulid, facts.messageId),
    partition,
    trust: facts.trust,
    committedAt: clock.now().toISOString(),
    traceparent: facts.traceparent,
    changes: plan.changes.map(recordedChange),
    ...(facts.audit === undefined ? {} : { audit: facts.audit }),
    ttl: outboxLifetime,
  };
  await step?.('batch');
  // The outbox entry first: where its id is there already, this very commit is.
  const outcome = await documents.batch(partition, [{ op: 'create', document: outbox }, ...operations]);
  if (outcome.ok || (outcome.index === 0 && outcome.status === 409 && facts.messageId === undefined)) {
    return { kind: 'committed', changes: plan.changes, session: outcome.session };
  }
  if (outcome.index === 0 && outcome.status === 409) {
    const stands = (await documents.readTogether<OutboxEntry>(partition, [outbox.id]))[0];
    if (stands !== undefined) return { kind: 'duplicate', entries: [stands.document], session: stands.session };
  }
  return { kind: 'again' };
}
