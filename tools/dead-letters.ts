import { parseArgs } from 'node:util';
import { DefaultAzureCredential } from '@azure/identity';
import { ServiceBusClient, type ServiceBusReceivedMessage, type ServiceBusReceiver } from '@azure/service-bus';
import { queues, recordChanges } from '../shared/topology.ts';
import { readEndpoints } from './endpoints.ts';

/**
 * `npm run dead-letters`: what waits in each dead-letter queue, why, and since when. `-- --replay ENTITY` hands the
 * messages of one back (`form-intake`, `record-changes/boards`); every handler recognises what it has done before.
 * Here, or with `--namespace NAME.servicebus.windows.net` in Azure, as whoever is signed in there.
 */
interface Entity {
  readonly path: string;
  /** Where a message goes to be handled again. */
  readonly sendTo: string;
  receiver(client: ServiceBusClient): ServiceBusReceiver;
}

const deadLetter = { subQueueType: 'deadLetter' } as const;
const entities: readonly Entity[] = [
  ...Object.values(queues).map((queue) => ({
    path: queue,
    sendTo: queue,
    receiver: (client: ServiceBusClient) => client.createReceiver(queue, { ...deadLetter }),
  })),
  ...Object.values(recordChanges.subscriptions).map((subscription) => ({
    path: `${recordChanges.topic}/${subscription}`,
    sendTo: recordChanges.topic,
    receiver: (client: ServiceBusClient) => client.createReceiver(recordChanges.topic, subscription, { ...deadLetter }),
  })),
];
const shownAtMost = 50;

const { values } = parseArgs({
  options: { replay: { type: 'string' }, namespace: { type: 'string' }, state: { type: 'string' } },
});
const client =
  values.namespace === undefined
    ? new ServiceBusClient(readEndpoints().serviceBus.connectionString)
    : new ServiceBusClient(values.namespace, new DefaultAzureCredential());
try {
  if (values.replay === undefined) await list();
  else await replay(values.replay);
} finally {
  await client.close();
}

async function list(): Promise<void> {
  const rows: object[] = [];
  for (const { path, receiver } of entities) {
    const messages = await receiver(client).peekMessages(shownAtMost);
    rows.push(...messages.map((message) => ({ entity: path, ...facts(message) })));
  }
  if (rows.length === 0) console.log('No message waits in a dead-letter queue.');
  else console.table(rows);
}

/** Ids and reasons; what a message holds is sealed and stays so. */
function facts(message: ServiceBusReceivedMessage): object {
  const { messageId, enqueuedTimeUtc, deliveryCount, deadLetterReason, deadLetterErrorDescription } = message;
  return {
    message: String(messageId),
    since: enqueuedTimeUtc?.toISOString(),
    deliveries: deliveryCount,
    reason: deadLetterReason,
    description: deadLetterErrorDescription,
  };
}

async function replay(path: string): Promise<void> {
  const entity = entities.find((one) => one.path === path);
  if (entity === undefined) {
    console.error(`There is no ${path}. There are: ${entities.map((one) => one.path).join(', ')}.`);
    process.exitCode = 1;
    return;
  }
  const receiver = entity.receiver(client);
  const sender = client.createSender(entity.sendTo);
  const mark = `|replay|${Date.now()}.`;
  let count = 0;
  for (;;) {
    const received = await receiver.receiveMessages(50, { maxWaitTimeInMs: 1_000 });
    // What comes back failed again; handing it over once more would only turn in a circle.
    const messages = received.filter(({ messageId }) => !String(messageId).includes(mark));
    for (const message of received) if (!messages.includes(message)) await receiver.abandonMessage(message);
    if (messages.length === 0) break;
    for (const message of messages) {
      // The broker would take the old id for a duplicate and drop the message; handlers go by what is inside it.
      await sender.sendMessages({
        body: message.body,
        messageId: `${String(message.messageId)
          .replace(/\|replay\|.*$/, '')
          .slice(0, 90)}${mark}${count}`,
        ...(message.sessionId === undefined ? {} : { sessionId: message.sessionId }),
        ...(message.contentType === undefined ? {} : { contentType: message.contentType }),
        ...(message.applicationProperties?.['Diagnostic-Id'] === undefined
          ? {}
          : { applicationProperties: { 'Diagnostic-Id': message.applicationProperties['Diagnostic-Id'] } }),
      });
      // Only now: killed in between, it is replayed twice, which changes nothing.
      await receiver.completeMessage(message);
      count += 1;
    }
  }
  console.log(`${count} messages were handed back to ${entity.sendTo}.`);
}
