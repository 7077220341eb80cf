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
  tooLarge: (size: number | undefined, limit: number) =>
    error(
      'amqp:link:message-size-exceeded',
      `The received message${size === undefined ? '' : ` (size:${size} bytes)`} exceeds the limit (${limit} bytes) currently allowed on the link.`,
    ),
  malformed: () => error('amqp:decode-error', 'The message is no well-formed AMQP 1.0 message.'),
  disabled: (path: string) =>
    error('com.microsoft:entity-disabled', `The messaging entity '${path}' is currently disabled.`),
  alreadyExists: (what: string) => error('com.microsoft:entity-already-exists', `${what} already exists.`),
  forwards: (path: string) =>
    error('amqp:not-allowed', `Messages cannot be received from '${path}': it forwards them to another entity.`),
  tokenExpired: () => error('amqp:unauthorized-access', 'ExpiredToken: the token of this link is expired.'),
  sessionsRequired: () =>
    error(
      'amqp:not-allowed',
      'It is not possible for an entity that requires sessions to create a non-sessionful message receiver.',
    ),
  sessionsNotRequired: () =>
    error(
      'amqp:not-allowed',
      'A sessionful message receiver cannot be created on an entity that does not require sessions. Ensure RequiresSession is set to true when creating a Queue or Subscription to enable sessionful behavior.',
    ),
  messageNotFound: (why: string) => error('com.microsoft:message-not-found', why),
  internal: () => error('amqp:internal-error', 'The service was unable to process the request; please try again.'),
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
