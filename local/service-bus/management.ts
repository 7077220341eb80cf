import { randomUUID } from 'node:crypto';
import { toDelivery } from './amqp-message.ts';
import { type AmqpError, amqpErrors } from './errors.ts';
import type { Lock, Queue } from './queue.ts';
import { type MessageHead, types } from './rhea.ts';
import type { Store } from './store.ts';

interface Answer {
  readonly code: number;
  readonly body?: object;
  readonly error?: AmqpError;
}

const asList = (value: unknown): unknown[] => (value == null ? [] : Array.isArray(value) ? value : [value]);
const tokenText = (token: unknown): string => Buffer.from(token as Uint8Array).toString('hex');
const integer = (value: unknown): number => (Buffer.isBuffer(value) ? Number(value.readBigInt64BE()) : Number(value));

/** Answers one request on an entity's `$management` node. Operations that are not here are refused by name. */
export async function manage(
  request: MessageHead,
  queue: Queue | undefined,
  store: Store,
): Promise<{ to: string; message: object }> {
  const operation = String(request.application_properties?.['operation'] ?? '').replace('com.microsoft:', '');
  const body = (typeof request.body === 'object' && request.body !== null ? request.body : {}) as Readonly<
    Record<string, unknown>
  >;
  let answer: Answer;
  try {
    answer = queue === undefined ? unsupported(operation) : await perform(operation, body, queue, store);
  } catch {
    answer = { code: 400, error: amqpErrors.argument('The request is malformed.') };
  }
  const tracking = request.application_properties?.['com.microsoft:tracking-id'] ?? randomUUID();
  return {
    to: request.reply_to ?? '',
    message: {
      correlation_id: request.message_id,
      application_properties: {
        statusCode: types.wrap_int(answer.code),
        statusDescription: answer.error?.description ?? 'OK',
        'com.microsoft:tracking-id': tracking,
        ...(answer.error === undefined ? {} : { errorCondition: types.wrap_symbol(answer.error.condition) }),
      },
      body: answer.body ?? {},
    },
  };
}

const unsupported = (operation: string): Answer => ({
  code: 501,
  error: amqpErrors.notSupported(`The operation ${operation}`),
});

async function perform(
  operation: string,
  body: Readonly<Record<string, unknown>>,
  queue: Queue,
  store: Store,
): Promise<Answer> {
  switch (operation) {
    case 'renew-lock': {
      const locks = asList(body['lock-tokens']).map((token) => queue.held(tokenText(token)));
      if (!locks.every((lock): lock is Lock => lock !== undefined)) return { code: 410, error: amqpErrors.lockLost() };
      return {
        code: 200,
        body: {
          expirations: types.wrap_array(
            locks.map((lock) => queue.renew(lock)),
            0x83,
          ),
        },
      };
    }
    case 'renew-session-lock': {
      const session = queue.sessions.get(String(body['session-id']));
      if (session?.holder === undefined || session.until <= Date.now())
        return { code: 410, error: amqpErrors.sessionLockLost() };
      return { code: 200, body: { expiration: new Date(queue.renewSession(session)) } };
    }
    case 'get-session-state':
      return {
        code: 200,
        body: { 'session-state': store.sessionState(queue.path, String(body['session-id'])) ?? null },
      };
    case 'set-session-state': {
      const state = body['session-state'];
      await store.change(() =>
        store.setSessionState(
          queue.path,
          String(body['session-id']),
          state == null ? undefined : Buffer.from(state as Uint8Array),
        ),
      );
      return { code: 200 };
    }
    case 'peek-message': {
      const session = body['session-id'] == null ? undefined : String(body['session-id']);
      const found = queue.peek(integer(body['from-sequence-number']), integer(body['message-count']), session);
      if (found.length === 0) return { code: 204 };
      const messages = found.map((message) => ({
        message: toDelivery(queue.bytesOf(message), {
          sequence: message.sequence,
          deliveryCount: message.deliveryCount,
          enqueuedAt: message.enqueuedAt,
          ...(message.source === null ? {} : { deadLetterSource: message.source }),
        }),
      }));
      return { code: 200, body: { messages } };
    }
    default:
      return unsupported(operation);
  }
}
