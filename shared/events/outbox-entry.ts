import { isRecordedChange, type OutboxEntry } from '../records/index.ts';

/** Whether a document of the record is an outbox entry: others are none of the relay's business. */
export const isOutbox = (document: unknown): document is { kind: 'outbox'; id?: unknown; partition?: unknown } =>
  typeof document === 'object' && document !== null && Reflect.get(document, 'kind') === 'outbox';

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** An outbox entry that can be told; undefined: something is missing that others rely on. */
export function readOutbox(document: object): OutboxEntry | undefined {
  const { id, partition, trust, committedAt, changes } = document as Record<string, unknown>;
  const whole =
    [id, partition, trust, committedAt].every(isText) && Array.isArray(changes) && changes.every(isRecordedChange);
  return whole ? (document as OutboxEntry) : undefined;
}
