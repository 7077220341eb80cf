import type { ServiceBusClient, ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import type { HostServices, WriteOutput } from '../extension.ts';
import { plainValue } from '../typed-data.ts';
import { openClient } from './open-client.ts';

/** Sends what functions give their output bindings `output.serviceBusQueue` and `output.serviceBusTopic`. */
export function createServiceBusOutput({ settings }: HostServices): { write: WriteOutput; close: () => Promise<void> } {
  const clients = new Map<string, ServiceBusClient>();
  const senders = new Map<string, ServiceBusSender>();
  const senderOf = (connection: string, entity: string): ServiceBusSender => {
    const key = `${connection} ${entity}`;
    let sender = senders.get(key);
    if (sender === undefined) {
      const client = clients.get(connection) ?? openClient(settings, connection, 'output binding');
      clients.set(connection, client);
      sender = client.createSender(entity);
      senders.set(key, sender);
    }
    return sender;
  };
  return {
    async write(binding, data, value) {
      const entity = data.fill(String(binding['queueName'] ?? binding['topicName'] ?? ''));
      const sender = senderOf(String(binding['connection'] ?? ''), entity);
      await sender.sendMessages(toMessages(plainValue(value)));
    },
    async close() {
      await Promise.allSettled([...clients.values()].map((client) => client.close()));
    },
  };
}

/** A list is a message an item, as the host's collector sends it; an object travels as JSON, text and bytes as they are. */
function toMessages(value: unknown): ServiceBusMessage[] {
  return (Array.isArray(value) ? value : [value]).map((one: unknown) => {
    if (Buffer.isBuffer(one)) return { body: one, contentType: 'application/octet-stream' };
    if (typeof one === 'string') return { body: Buffer.from(one), contentType: 'text/plain' };
    return { body: Buffer.from(JSON.stringify(one)), contentType: 'application/json' };
  });
}
