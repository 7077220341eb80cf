import type { Documents } from '../azure/documents.ts';
import type { CommitOutcome } from './commit-outcome.ts';
import type { OutboxEntry, Stageable } from './documents.ts';
import { currentId } from './ids.ts';
import { outboxIdOf, transactionIdOf } from './outbox.ts';
import type { Target } from './place.ts';
import type { Transactions } from './transactions.ts';

/** The commit that the same message made before: its outbox entry, its transaction, or what it wrote tells. */
export async function findDuplicate(
  { documents, transactions }: { documents: Documents; transactions: Transactions },
  targets: readonly Target[],
  messageId: string,
): Promise<Extract<CommitOutcome, { kind: 'duplicate' }> | undefined> {
  const partitions = [...new Set(targets.map(({ partition }) => partition))];
  for (const partition of partitions) {
    const outbox = (await documents.readTogether<OutboxEntry>(partition, [outboxIdOf('', messageId)]))[0];
    if (outbox !== undefined) return { kind: 'duplicate', entries: [outbox.document], session: outbox.session };
  }
  for (let attempt = 0; ; attempt++) {
    const found = await transactions.find(transactionIdOf('', messageId, attempt));
    if (found === undefined) break;
    const { state, committedAt, parts, session } = found.document;
    if (state !== 'committed') continue;
    const at = new Date(committedAt ?? 0).toISOString();
    return {
      kind: 'duplicate',
      entries: parts.map(({ changes }) => ({ changes, committedAt: at })),
      session: session ?? '',
    };
  }
  return tracesOf(documents, targets, messageId);
}

/** Outbox entries expire; a version keeps for ever which message made it. */
async function tracesOf(
  documents: Documents,
  targets: readonly Target[],
  messageId: string,
): Promise<Extract<CommitOutcome, { kind: 'duplicate' }> | undefined> {
  const entries: Pick<OutboxEntry, 'changes' | 'committedAt'>[] = [];
  let session = '';
  for (const { partition, ref, patient } of targets) {
    const stored = (await documents.readTogether<Stageable>(partition, [currentId(ref)]))[0];
    const document = stored?.document;
    if (document?.kind !== 'current' || document.by.message !== messageId || document.next !== undefined)
      return undefined;
    session = stored?.session ?? session;
    entries.push({
      committedAt: new Date(document.lastUpdated).toISOString(),
      changes: [
        {
          ...ref,
          versionId: String(document.versionId),
          change: document.change,
          ...(patient === undefined ? {} : { patient }),
        },
      ],
    });
  }
  return { kind: 'duplicate', entries, session };
}
