import { setTimeout as sleep } from 'node:timers/promises';
import type { Call, Ids, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { auditOfCommit } from './audit-of-commit.ts';
import type { KeptContents } from './binary-content.ts';
import { commitBatch, oneBatch } from './commit-batch.ts';
import type { CommitFacts, CommitOutcome } from './commit-outcome.ts';
import { commitStaged } from './commit-staged.ts';
import { policyOf } from './decide.ts';
import { findDuplicate } from './find-duplicate.ts';
import { placeChanges, type Target } from './place.ts';
import { type PlanDependencies, planCommit } from './plan.ts';
import type { Plan } from './planned.ts';
import type { AuditFacts, Change, CommitOptions, Committed } from './records.ts';
import type { Transactions } from './transactions.ts';

export interface CommitDependencies extends PlanDependencies {
  readonly transactions: Transactions;
  readonly ids: Ids;
  readonly step?: CommitFacts['step'];
}

const attemptsAtMost = 12;
/** Bytes of one stored document: its successor must fit beside it (Cosmos DB: 2 MB an item). */
const documentBytes = 900_000;

/** See {@link Records.commit}. */
export async function commit(
  deps: CommitDependencies,
  call: Call,
  trust: Ods,
  changes: readonly Change[],
  auditFacts: AuditFacts,
  { messageId }: CommitOptions = {},
): Promise<Committed> {
  if (changes.length === 0) return { changes: [], session: call.session ?? '', duplicate: false };
  // Before anything is looked for: a refusal says nothing of what is there.
  await deps.access.require(call, { policy: policyOf(call), trust });
  const kept: KeptContents = new Map();
  for (let attempt = 0; attempt < attemptsAtMost; attempt++) {
    // Jitter: writers who lost to the same one should not meet again.
    if (attempt > 0) await sleep(Math.random() * 10 * 2 ** Math.min(attempt, 5));
    const targets = await placeChanges(deps, trust, changes, messageId);
    const outcome = await tryOnce(deps, call, trust, targets, auditFacts, messageId, kept, attempt > 0);
    if (outcome.kind !== 'again') return committedOf(outcome);
  }
  throw new WardlineError('conflict', 'Too many writers at once: try again.', { retryAfter: 1 });
}

async function tryOnce(
  deps: CommitDependencies,
  call: Call,
  trust: Ods,
  targets: readonly Target[],
  auditFacts: AuditFacts,
  messageId: string | undefined,
  kept: KeptContents,
  careful: boolean,
): Promise<CommitOutcome> {
  let plan: Plan;
  try {
    plan = await planCommit(deps, call, trust, targets, messageId, kept, careful);
  } catch (error) {
    // A message that is filed already finds its own traces: they are no conflict.
    const duplicate = messageId === undefined ? undefined : await findDuplicate(deps, targets, messageId);
    if (duplicate !== undefined) return duplicate;
    throw error;
  }
  refuseTooLarge(plan);
  const facts: CommitFacts = {
    trust,
    traceparent: call.traceparent,
    audit: auditOfCommit(call, trust, auditFacts, plan.changes),
    ulid: deps.ids.ulid(),
    messageId,
    step: deps.step,
  };
  const batch = oneBatch(plan);
  return batch === undefined ? commitStaged(deps, plan, facts) : commitBatch(deps, plan, batch, facts);
}

function refuseTooLarge({ writes }: Plan): void {
  for (const { after } of writes) {
    if (after?.kind === 'current' && (after.sealed?.length ?? 0) + after.search.length * 26 > documentBytes) {
      throw new WardlineError('too-large', 'The resource is too large to store.', { expression: after.type });
    }
  }
}

function committedOf(outcome: Exclude<CommitOutcome, { kind: 'again' }>): Committed {
  if (outcome.kind === 'duplicate') {
    const changes = outcome.entries.flatMap(({ changes, committedAt }) =>
      changes.map((change) => ({ ...change, lastUpdated: committedAt })),
    );
    return { changes, session: outcome.session, duplicate: true };
  }
  return {
    changes: outcome.changes.map(
      ({ partition: _, lastUpdatedBefore: _before, lastUpdated: time, resource, ...change }) => {
        const lastUpdated = new Date(time).toISOString();
        if (resource === undefined) return { ...change, lastUpdated };
        const meta = { ...resource.meta, versionId: change.versionId, lastUpdated };
        return { ...change, lastUpdated, resource: { ...resource, meta } };
      },
    ),
    session: outcome.session,
    duplicate: false,
  };
}
