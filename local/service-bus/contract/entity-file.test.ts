import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { spawnServer } from '../../spawn.ts';
import { localCertificate } from '../../tls.ts';
import { declareEntities } from '../entities/declare-entities.ts';
import { Namespace } from '../entities/namespace.ts';
import type { EmulatorConfig } from '../index.ts';
import { openStores } from '../store/stores.ts';
import { connectionString, key, openAdministration } from './support.ts';

type Entities = Omit<EmulatorConfig['UserConfig']['Namespaces'][number], 'Name'>;

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'service-bus-file-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

async function start(entities: Entities) {
  const tls = await localCertificate(state);
  const config = { UserConfig: { Namespaces: [{ Name: 'sbemulatorns', ...entities }], Logging: { Type: 'File' } } };
  const server = await spawnServer('service-bus', { port: 0, administrationPort: 0, state, key, config, tls });
  const client = new ServiceBusClient(connectionString(server.port));
  const administration = openAdministration(connectionString(server.port), tls.ca);
  const close = async () => {
    await client.close();
    await server.stop();
  };
  return { client, administration, close };
}

/** As in the documentation of the official emulator. */
const documented: Entities = {
  Queues: [
    {
      Name: 'queue.1',
      Properties: {
        DeadLetteringOnMessageExpiration: false,
        DefaultMessageTimeToLive: 'PT1H',
        DuplicateDetectionHistoryTimeWindow: 'PT20S',
        ForwardDeadLetteredMessagesTo: '',
        ForwardTo: '',
        LockDuration: 'PT1M',
        MaxDeliveryCount: 3,
        RequiresDuplicateDetection: false,
        RequiresSession: false,
      },
    },
  ],
  Topics: [
    {
      Name: 'topic.1',
      Properties: { DefaultMessageTimeToLive: 'PT1H', RequiresDuplicateDetection: false },
      Subscriptions: [
        {
          Name: 'subscription.1',
          Properties: { LockDuration: 'PT1M', MaxDeliveryCount: 3 },
          Rules: [
            {
              Name: 'app-prop-filter-1',
              Properties: {
                FilterType: 'Correlation',
                CorrelationFilter: {
                  ContentType: 'application/text',
                  Label: 'subject1',
                  Properties: { prop: 'value1' },
                },
              },
            },
          ],
        },
        {
          Name: 'subscription.2',
          Rules: [
            {
              Name: 'sql',
              Properties: {
                FilterType: 'Sql',
                SqlFilter: { SqlExpression: "sys.MessageId = '123456' AND userProp1 = 'value1'" },
                Action: { SqlExpression: "SET sys.To = 'Entity'" },
              },
            },
          ],
        },
        { Name: 'subscription.3' },
      ],
    },
  ],
};

test('entities and rules of the documented file are there', async () => {
  const { client, administration, close } = await start(documented);
  assert.equal((await administration.getQueue('queue.1')).maxDeliveryCount, 3);
  await client.createSender('topic.1').sendMessages([
    { body: 1, subject: 'subject1', contentType: 'application/text', applicationProperties: { prop: 'value1' } },
    { body: 2, messageId: '123456', applicationProperties: { userProp1: 'value1' } },
  ]);
  const take = async (subscription: string) => {
    const receiver = client.createReceiver('topic.1', subscription, { receiveMode: 'receiveAndDelete' });
    const messages = await receiver.receiveMessages(5, { maxWaitTimeInMs: 1000 });
    return messages.map(({ body, to }) => [body, to]);
  };
  assert.deepEqual(await take('subscription.1'), [[1, undefined]]);
  assert.deepEqual(await take('subscription.2'), [[2, 'Entity']]);
  assert.equal((await take('subscription.3')).length, 2);
  await close();
});

test('what was changed later stays until the file says something else; messages stay in any case', async () => {
  const queue = (MaxDeliveryCount: number) => ({ Queues: [{ Name: 'q', Properties: { MaxDeliveryCount } }] });
  const first = await start(queue(3));
  await first.administration.updateQueue({ ...(await first.administration.getQueue('q')), maxDeliveryCount: 5 });
  await first.client.createSender('q').sendMessages({ body: 'kept' });
  await first.close();
  const second = await start(queue(3));
  assert.equal((await second.administration.getQueue('q')).maxDeliveryCount, 5);
  await second.close();
  const third = await start(queue(4));
  const runtime = await third.administration.getQueueRuntimeProperties('q');
  assert.equal((await third.administration.getQueue('q')).maxDeliveryCount, 4);
  assert.equal(runtime.activeMessageCount, 1);
  await third.close();
});

const faults: readonly (readonly [says: RegExp, entities: Entities])[] = [
  [/q.*LockDuration/, { Queues: [{ Name: 'q', Properties: { LockDuration: 'soon' } }] }],
  [/q.*no property Lock/, { Queues: [{ Name: 'q', Properties: { Lock: 'PT1M' } as object }] }],
  [/MaxDeliveryCount is a number/, { Queues: [{ Name: 'q', Properties: { MaxDeliveryCount: '3' as never } }] }],
  [/cannot be the name/, { Queues: [{ Name: '/q' }] }],
  [
    /filter type Nonsense/,
    {
      Topics: [
        { Name: 't', Subscriptions: [{ Name: 's', Rules: [{ Name: 'r', Properties: { FilterType: 'Nonsense' } }] }] },
      ],
    },
  ],
];
for (const [says, entities] of faults)
  test(`a file with a mistake is refused, and it is told: ${says.source}`, async () => {
    const stores = openStores(join(state, 'service-bus.db'));
    const namespace = new Namespace({
      stores,
      now: Date.now,
      newId: randomUUID,
      newLockToken: () => Buffer.alloc(16),
      log: () => {},
      changed: () => {},
      removed: () => {},
    });
    const config = { UserConfig: { Namespaces: [{ Name: 'test', ...entities }] } };
    await assert.rejects(declareEntities(config, namespace, stores, Date.now), says);
    stores.close();
  });
