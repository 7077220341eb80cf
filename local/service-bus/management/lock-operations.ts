import { encodedMap } from '../amqp/encoded.ts';
import { types } from '../amqp/rhea.ts';
import { amqpErrors } from '../errors.ts';
import type { Lock } from '../messages/lock-table.ts';
import type { Queue } from '../messages/queue.ts';
import { because, type Settlement } from '../messages/settlement.ts';
import { type Answer, type Asked, bytesOf, listOf, type Operation } from './operation.ts';

const timestampCode = 0x83;

const kinds: Readonly<Record<string, Settlement['kind']>> = {
  completed: 'complete',
  abandoned: 'abandon',
  // The protocol's own spelling.
  defered: 'defer',
  deferred: 'defer',
  suspended: 'dead-letter',
  unlocked: 'release',
};

/** Extends locks: all of them or none. */
const renewLock: Operation = ({ queue, body }) => {
  if (queue === undefined) return { code: 400, error: amqpErrors.argument('A topic has no locks.') };
  const locks = listOf(body['lock-tokens']).map((token) => queue.held(bytesOf(token)));
  if (!locks.every((lock): lock is Lock => lock !== undefined)) return { code: 410, error: amqpErrors.lockLost() };
  const expirations = locks.map((lock) => queue.renew(lock));
  return { code: 200, body: { expirations: types.wrap_array(expirations, timestampCode) } };
};

/** Settles messages that the asking link did not deliver: deferred ones, or those of a link that is gone. */
async function updateDisposition({ queue, body, encoded }: Asked): Promise<Answer> {
  const kind = kinds[String(body['disposition-status'])];
  if (queue === undefined || kind === undefined)
    return { code: 400, error: amqpErrors.argument('disposition-status is not known, or the entity is a topic.') };
  const modified = encoded.get('properties-to-modify');
  const properties = modified === undefined || modified[0] === 0x40 ? new Map() : encodedMap(modified);
  const text = (name: string): string | undefined => (body[name] == null ? undefined : String(body[name]));
  if (kind === 'dead-letter')
    for (const [name, value] of because(text('deadletter-reason'), text('deadletter-description')))
      properties.set(name, value);
  const errors = await Promise.all(
    listOf(body['lock-tokens']).map((token) => queue.settle(bytesOf(token), { kind, properties })),
  );
  const error = errors.find((one) => one !== undefined);
  return error === undefined ? { code: 200 } : { code: 410, error };
}

const renewSessionLock: Operation = ({ queue, body }) => {
  const session = queue?.heldSession(String(body['session-id']));
  if (queue === undefined || session === undefined) return { code: 410, error: amqpErrors.sessionLockLost() };
  return { code: 200, body: { expiration: new Date(queue.renew(session)) } };
};

/** A queue whose sessions may be asked about: their state is their holder's. */
function heldBy({ queue, body }: Asked): { queue: Queue; id: string } | undefined {
  const id = String(body['session-id']);
  return queue?.heldSession(id) === undefined ? undefined : { queue, id };
}

const getSessionState: Operation = (asked) => {
  const held = heldBy(asked);
  if (held === undefined) return { code: 410, error: amqpErrors.sessionLockLost() };
  const state = asked.stores.sessions.state(held.queue.id, held.id);
  return { code: 200, body: { 'session-state': state === undefined ? null : types.wrap_binary(state) } };
};

async function setSessionState(asked: Asked): Promise<Answer> {
  const held = heldBy(asked);
  if (held === undefined) return { code: 410, error: amqpErrors.sessionLockLost() };
  const { stores, body, now } = asked;
  const state = body['session-state'] == null ? undefined : bytesOf(body['session-state']);
  await stores.change(() => stores.sessions.setState(held.queue.id, held.id, state, now()));
  return { code: 200 };
}

/** Sessions with messages or a state, or whose state changed since a time; .NET's MaxValue asks for the first. */
const getMessageSessions: Operation = ({ queue, body, stores, now }) => {
  if (queue === undefined) return { code: 400, error: amqpErrors.argument('A topic has no sessions.') };
  const since = body['last-updated-time'] instanceof Date ? body['last-updated-time'].getTime() : now() + 1;
  const skip = Number(body['skip'] ?? 0);
  const ids = stores.sessions.list(queue.id, since > now() ? undefined : since, skip, Number(body['top'] ?? 100));
  if (ids.length === 0) return { code: 204 };
  return { code: 200, body: { skip: types.wrap_int(skip + ids.length), 'sessions-ids': ids } };
};

/** Locks, settlement and sessions. */
export const lockOperations: Readonly<Record<string, Operation>> = {
  'renew-lock': renewLock,
  'update-disposition': updateDisposition,
  'renew-session-lock': renewSessionLock,
  'get-session-state': getSessionState,
  'set-session-state': setSessionState,
  'get-message-sessions': getMessageSessions,
};
