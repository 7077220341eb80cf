import { createHash } from 'node:crypto';
import type { AuditEntry } from '../audit/index.ts';
import type { Documents } from '../azure/documents.ts';
import type { Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { OutboxEntry } from './documents.ts';
import { idFromMessage } from './ids.ts';
import { partitionOf } from './partition.ts';

/** Seconds: an outbox entry that nobody relayed for so long is gone; an alert comes after ten minutes. */
export const outboxLifetime = 30 * 24 * 60 * 60;

/** The outbox entry's id: fixed by the message where there is one, so that a second delivery conflicts with the first. */
export const outboxIdOf = (ulid: string, messageId: string | undefined): string =>
  `outbox|${messageId === undefined ? ulid : `M${idFromMessage(messageId, 'outbox')}`}`;

/** The id of a staged transaction; a message that met an aborted one tries again under the next attempt's id. */
export const transactionIdOf = (ulid: string, messageId: string | undefined, attempt: number): string =>
  messageId === undefined ? ulid : `M${idFromMessage(messageId, 'transaction')}-${attempt}`;

/**
 * Keeps an audit entry in the patient's own partition until the relay has told it; the id is the entry's, so that doing
 * it twice keeps one.
 */
export async function leaveAuditEntry(
  documents: Documents,
  trust: Ods,
  patient: string | undefined,
  entry: AuditEntry,
): Promise<void> {
  const partition = partitionOf(trust, patient === undefined ? { audit: entry.id } : { patient });
  const document: OutboxEntry = {
    kind: 'outbox',
    id: `outbox|A${createHash('sha256').update(entry.id).digest('hex').slice(0, 32)}`,
    partition,
    trust,
    committedAt: entry.recorded,
    traceparent: entry.traceparent,
    changes: [],
    audit: entry,
    ttl: outboxLifetime,
  };
  const outcome = await documents.batch(partition, [{ op: 'create', document }]);
  if (!outcome.ok && outcome.status !== 409) throw new WardlineError('unavailable', 'The audit entry cannot be kept.');
}
