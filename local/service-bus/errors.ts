import { randomUUID } from 'node:crypto';

/** An AMQP error as the service words it; the SDKs read the condition, and for some errors the description. */
export interface AmqpError {
  readonly condition: string;
  readonly description: string;
}

const error = (condition: string, description: string): AmqpError => ({
  condition,
  description: `${description} TrackingId:${randomUUID()}, Timestamp:${new Date().toISOString().slice(0, 19)}`,
});

export const amqpErrors = {
  notFound: (path: string) => error('amqp:not-found', `The messaging entity '${path}' could not be found.`),
  unauthorized: () =>
    error(
      'amqp:unauthorized-access',
      "Unauthorized access. 'Send,Listen' claim(s) are required to perform this operation.",
    ),
  notSupported: (what: string) => error('amqp:not-implemented', `${what} is not supported by this server.`),
  notAllowed: (why: string) => error('amqp:not-allowed', why),
  tooLarge: (size: number, limit: number) =>
    error(
      'amqp:link:message-size-exceeded',
      `The received message (size:${size} bytes) exceeds the limit (${limit} bytes) currently allowed on the link.`,
    ),
  malformed: () => error('amqp:decode-error', 'The message is no well-formed AMQP 1.0 message.'),
  lockLost: () =>
    error(
      'com.microsoft:message-lock-lost',
      'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue, or was received by a different receiver instance.',
    ),
  sessionLockLost: () =>
    error(
      'com.microsoft:session-lock-lost',
      'The session lock has expired on the MessageSession. Accept a new MessageSession.',
    ),
  sessionLocked: (session: string) =>
    error(
      'com.microsoft:session-cannot-be-locked',
      `The requested session '${session}' cannot be accepted. It may be locked by another receiver.`,
    ),
  noSession: () =>
    error(
      'com.microsoft:timeout',
      'The operation did not complete within the allotted timeout. There are no sessions available.',
    ),
  sessionIdMissing: () =>
    error(
      'amqp:not-allowed',
      'The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.',
    ),
  argument: (why: string) => error('com.microsoft:argument-error', why),
} as const;
