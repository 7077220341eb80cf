import { toDelivery } from '../amqp/delivery.ts';
import { integer } from '../amqp/integer.ts';
import { messageFacts } from '../amqp/message-facts.ts';
import { types } from '../amqp/rhea.ts';
import { amqpErrors } from '../errors.ts';
import { maximumMessage } from '../links/answer-attach.ts';
import { messageState } from '../store/message-store.ts';
import { type Answer, type Asked, bytesOf, listOf, type Operation } from './operation.ts';

const longCode = 0x81;
const peekAtMost = 1000;

/** Messages of every state from a sequence number on, without locking them; as many as fit one message. */
const peek: Operation = ({ queue, body, stores, now }) => {
  if (queue === undefined) return { code: 400, error: amqpErrors.argument('A topic cannot be peeked.') };
  const session = body['session-id'] == null ? undefined : String(body['session-id']);
  const count = Math.min(integer(body['message-count']), peekAtMost);
  const found = stores.messages.browse(queue.id, integer(body['from-sequence-number']), count, session);
  const messages: { message: Buffer }[] = [];
  let size = 0;
  for (const message of found) {
    if (message.state === messageState.active && message.expiresAt > 0 && message.expiresAt <= now()) continue;
    const bytes = toDelivery(queue.bytesOf(message), message);
    size += bytes.length;
    if (messages.length > 0 && size > maximumMessage) break;
    messages.push({ message: bytes });
  }
  return messages.length === 0 ? { code: 204 } : { code: 200, body: { messages } };
};

/** Takes messages in for later; all or none. */
async function schedule({ queue, topic, body, stores }: Asked): Promise<Answer> {
  const target = topic ?? queue;
  if (target === undefined) return { code: 404, error: amqpErrors.notFound('') };
  const messages = listOf(body['messages']).map((one) => {
    const bytes = bytesOf((one as { message?: unknown }).message);
    return { bytes, facts: messageFacts(bytes) };
  });
  const tooLarge = messages.find(({ bytes }) => bytes.length > maximumMessage);
  if (tooLarge !== undefined) return { code: 400, error: amqpErrors.tooLarge(tooLarge.bytes.length, maximumMessage) };
  const refusal = messages.map(({ facts }) => target.refuses(facts)).find((error) => error !== undefined);
  if (refusal !== undefined) return { code: 400, error: refusal };
  const enqueued = await stores.change(() => messages.map((message) => target.enqueue(message)));
  for (const one of enqueued) one.done();
  const sequences = enqueued.map(({ sequence }) => sequence);
  return { code: 200, body: { 'sequence-numbers': types.wrap_array(sequences, longCode) } };
}

/** Takes scheduled messages back; all or none. */
async function cancel({ queue, topic, body, stores }: Asked): Promise<Answer> {
  const entity = (topic ?? queue)?.id ?? 0;
  const sequences = listOf(body['sequence-numbers']).map(integer);
  const missing = await stores.change(() => {
    const found = sequences.map((sequence) => stores.messages.bySequence(entity, messageState.scheduled, sequence));
    const absent = sequences.find((_, index) => found[index] === undefined);
    if (absent === undefined)
      for (const message of found) if (message !== undefined) stores.messages.remove(message.id);
    return absent;
  });
  if (missing === undefined) return { code: 200 };
  const why = `The scheduled message with the sequence number ${missing} was not found.`;
  return { code: 404, error: amqpErrors.messageNotFound(why) };
}

/** Receives deferred messages by their numbers; all or none. */
async function receiveBySequence({ queue, body }: Asked): Promise<Answer> {
  if (queue === undefined) return { code: 400, error: amqpErrors.argument('A topic cannot be received from.') };
  const id = body['session-id'] == null ? undefined : String(body['session-id']);
  const session = id === undefined ? undefined : queue.heldSession(id);
  if (id !== undefined && session === undefined) return { code: 410, error: amqpErrors.sessionLockLost() };
  const locks = queue.takeDeferred(listOf(body['sequence-numbers']).map(integer), session);
  if (locks === undefined) {
    const why = 'Failed to lock one or more specified messages. The message does not exist.';
    return { code: 404, error: amqpErrors.messageNotFound(why) };
  }
  const gone = integer(body['receiver-settle-mode'] ?? 1) === 0;
  const messages = locks.map((lock) => {
    const facts = gone ? lock.message : { ...lock.message, lockedUntil: lock.until };
    const token = gone ? Buffer.alloc(16) : lock.token;
    return { 'lock-token': types.wrap_uuid(token), message: toDelivery(queue.bytesOf(lock.message), facts) };
  });
  if (gone) await Promise.all(locks.map((lock) => queue.consume(lock)));
  return { code: 200, body: { messages } };
}

/** Messages: looked at, scheduled, received by their numbers. */
export const messageOperations: Readonly<Record<string, Operation>> = {
  'peek-message': peek,
  'schedule-message': schedule,
  'cancel-scheduled-message': cancel,
  'receive-by-sequence-number': receiveBySequence,
};
