import type { TokenCredential } from '@azure/identity';
import { isServiceBusError, ServiceBusClient, type ServiceBusMessage, type ServiceBusSender } from '@azure/service-bus';
import type { Connection } from '../config.ts';
import { hasCode, WardlineError } from '../errors.ts';
import { sendTogether } from './send-together.ts';

/** A message to a queue or topic. Bodies hold ids, or what is sealed; never patient data in clear. */
export interface BusMessage {
  /** The broker takes an id once within its window. */
  readonly messageId: string;
  readonly body: unknown;
  readonly sessionId?: string;
  /** W3C traceparent of the sender; travels as `Diagnostic-Id`, as Azure's own libraries send it. */
  readonly traceparent?: string;
}

/** Service Bus, for sending. Receiving is the host's. */
export interface Bus {
  /**
   * Resolves when the broker has stored all of them; those that fit go together. Sent again, their ids are known.
   * @throws WardlineError `too-large`: a message that the broker does not take; `unavailable`: the broker is away
   */
  send(entity: string, messages: readonly BusMessage[]): Promise<void>;
  /** Resolves when the broker answers. @throws WardlineError `unavailable` */
  reach(entity: string): Promise<void>;
}

/** Milliseconds, for what the SDK itself tries again: throttling, lost links, slow answers. */
const retryOptions = { maxRetries: 4, retryDelayInMs: 300, maxRetryDelayInMs: 2_000, timeoutInMs: 5_000 };
/** Milliseconds. A refused connection the SDK does not try again; a broker that restarts is back within seconds. */
const connectAgain = { tries: 16, after: 250 };

/**
 * One connection for sending alone: a client that sends and receives stalls for 40 ms at a time (Nagle's algorithm
 * and delayed acknowledgements). It is opened by the first message and reopened by the SDK when it breaks.
 */
export function createBus(connection: Connection, credential: TokenCredential): Bus & { close(): Promise<void> } {
  let client: ServiceBusClient | undefined;
  const senders = new Map<string, ServiceBusSender>();
  const senderOf = (entity: string): ServiceBusSender => {
    client ??=
      'connectionString' in connection
        ? new ServiceBusClient(connection.connectionString, { retryOptions })
        : new ServiceBusClient(connection.endpoint, credential, { retryOptions });
    let sender = senders.get(entity);
    if (sender === undefined) {
      sender = client.createSender(entity);
      senders.set(entity, sender);
    }
    return sender;
  };
  const send = (entity: string, messages: readonly BusMessage[]): Promise<void> =>
    translated(entity, () => sendAll(senderOf(entity), messages.map(toMessage)));
  /** Messages without a session, such as the audit's, which every read sends; a session's callers keep its order. */
  const together = new Map<string, (messages: readonly BusMessage[]) => Promise<void>>();
  return {
    send(entity, messages) {
      if (messages.some(({ sessionId }) => sessionId !== undefined)) return send(entity, messages);
      let shared = together.get(entity);
      if (shared === undefined) {
        shared = sendTogether(
          (all) => send(entity, all),
          (error) => hasCode(error, 'too-large'),
        );
        together.set(entity, shared);
      }
      return shared(messages);
    },
    // An empty batch asks the broker how much it takes.
    reach: (entity) => translated(entity, async () => void (await senderOf(entity).createMessageBatch())),
    close: async () => client?.close(),
  };
}

async function sendAll(sender: ServiceBusSender, messages: readonly ServiceBusMessage[]): Promise<void> {
  const [only, ...others] = messages;
  if (only === undefined) return;
  if (others.length === 0) return sender.sendMessages(only);
  let batch = await sender.createMessageBatch();
  for (const message of messages) {
    if (batch.tryAddMessage(message)) continue;
    if (batch.count > 0) await sender.sendMessages(batch);
    batch = await sender.createMessageBatch();
    // What fits into no batch may still fit alone, without a batch's own weight; else the broker refuses it.
    if (!batch.tryAddMessage(message)) await sender.sendMessages(message);
  }
  if (batch.count > 0) await sender.sendMessages(batch);
}

const toMessage = ({ messageId, body, sessionId, traceparent }: BusMessage): ServiceBusMessage => ({
  messageId,
  body,
  contentType: 'application/json',
  ...(sessionId === undefined ? {} : { sessionId }),
  ...(traceparent === undefined ? {} : { applicationProperties: { 'Diagnostic-Id': traceparent } }),
});

/** Turns what the SDK throws into Wardline's errors; the cause is kept for the developer and is never sent. */
async function translated<T>(entity: string, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (cause) {
      if (isConnectionRefused(cause) && tries < connectAgain.tries) {
        await new Promise((resolve) => setTimeout(resolve, connectAgain.after));
        continue;
      }
      if (isServiceBusError(cause) && cause.code === 'MessageSizeExceeded')
        throw new WardlineError('too-large', `A message for ${entity} is larger than the broker takes.`, { cause });
      throw new WardlineError('unavailable', 'The message broker does not answer as it should.', {
        cause,
        retryAfter: 2,
      });
    }
  }
}

/** Nothing was sent, so it may be sent again. */
const isConnectionRefused = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && Reflect.get(error, 'syscall') === 'connect';
