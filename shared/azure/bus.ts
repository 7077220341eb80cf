import type { TokenCredential } from '@azure/identity';
import { ServiceBusClient, type ServiceBusMessage, type ServiceBusSender } from '@azure/service-bus';
import type { Connection } from '../config.ts';

/** A message to a queue or topic. Bodies hold ids, or what is sealed; never patient data in clear. */
export interface BusMessage {
  /** The broker takes an id once within its window. */
  readonly messageId: string;
  readonly body: unknown;
  readonly sessionId?: string;
  readonly traceparent?: string;
}

/** Service Bus, for sending. Receiving is the host's. */
export interface Bus {
  /** Resolves when the broker has stored all of them. */
  send(entity: string, messages: readonly BusMessage[]): Promise<void>;
}

/**
 * One connection for sending alone: a client that sends and receives stalls for 40 ms at a time (Nagle's algorithm
 * and delayed acknowledgements).
 */
export function createBus(connection: Connection, credential: TokenCredential): Bus {
  let client: ServiceBusClient | undefined;
  const senders = new Map<string, ServiceBusSender>();
  const senderOf = (entity: string): ServiceBusSender => {
    const options = {
      retryOptions: { maxRetries: 4, retryDelayInMs: 300, maxRetryDelayInMs: 2000, timeoutInMs: 10_000 },
    };
    client ??=
      'connectionString' in connection
        ? new ServiceBusClient(connection.connectionString, options)
        : new ServiceBusClient(connection.endpoint, credential, options);
    let sender = senders.get(entity);
    if (sender === undefined) {
      sender = client.createSender(entity);
      senders.set(entity, sender);
    }
    return sender;
  };
  return {
    async send(entity, messages) {
      const sender = senderOf(entity);
      const outgoing = messages.map(toMessage);
      const [only] = outgoing;
      if (only !== undefined && outgoing.length === 1) return sender.sendMessages(only);
      let batch = await sender.createMessageBatch();
      for (const message of outgoing) {
        if (batch.tryAddMessage(message)) continue;
        await sender.sendMessages(batch);
        batch = await sender.createMessageBatch();
        if (!batch.tryAddMessage(message)) throw new Error(`A message for ${entity} is larger than the broker takes.`);
      }
      if (batch.count > 0) await sender.sendMessages(batch);
    },
  };
}

const toMessage = ({ messageId, body, sessionId, traceparent }: BusMessage): ServiceBusMessage => ({
  messageId,
  body,
  contentType: 'application/json',
  ...(sessionId === undefined ? {} : { sessionId }),
  ...(traceparent === undefined ? {} : { applicationProperties: { 'Diagnostic-Id': traceparent } }),
});
