import type { EntityOptions } from '../entities/entity-options.ts';
import { messageState, type StoredMessage } from '../store/message-store.ts';
import type { IncomingMessage } from './destination.ts';

/** What a queue keeps of a message beside its bytes. Times are milliseconds since 1970. */
export function storedFields(
  { facts, deliveryCount = 0, source, enqueuedSequence }: IncomingMessage,
  given: {
    readonly sequence: number;
    readonly now: number;
    /** When a scheduled message is due; 0: it is not scheduled. */
    readonly dueAt: number;
    readonly options: EntityOptions & { readonly expires: boolean };
  },
): Omit<StoredMessage, 'id'> {
  const { sequence, now, dueAt, options } = given;
  const lifetime = Math.min(facts.timeToLive ?? Number.POSITIVE_INFINITY, options.timeToLive);
  const enqueuedAt = Math.max(now, dueAt);
  return {
    sequence,
    enqueuedSequence: enqueuedSequence ?? sequence,
    state: dueAt > 0 ? messageState.scheduled : messageState.active,
    session: options.sessions ? (facts.sessionId ?? null) : null,
    deliveryCount,
    enqueuedAt,
    expiresAt: options.expires && Number.isFinite(lifetime) ? enqueuedAt + lifetime : 0,
    dueAt,
    source: source ?? null,
  };
}
