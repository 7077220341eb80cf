import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isServiceBusError, ServiceBusClient } from '@azure/service-bus';
import { type SpawnedServer, spawnServer } from '../spawn.ts';
import type { EmulatorConfig } from './index.ts';

const key = 'a-test-key';
const config: EmulatorConfig = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'test',
        Queues: [
          { Name: 'plain', Properties: { MaxDeliveryCount: 3, LockDuration: 'PT2S' } },
          { Name: 'sessions', Properties: { RequiresSession: true, LockDuration: 'PT5S' } },
          { Name: 'unique', Properties: { RequiresDuplicateDetection: true } },
        ],
        Topics: [
          { Name: 'topic', Subscriptions: [{ Name: 'one', Properties: { RequiresSession: true } }, { Name: 'two' }] },
        ],
      },
    ],
  },
};
let state: string;
let server: SpawnedServer;
let client: ServiceBusClient;
const connection = (port: number, withKey = key): string =>
  `Endpoint=sb://localhost:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=${withKey};UseDevelopmentEmulator=true;`;

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'service-bus-test-'));
  server = await spawnServer('service-bus', { port: 0, administrationPort: 0, state, key, config });
  client = new ServiceBusClient(connection(server.port));
});
after(async () => {
  await client.close();
  await server.stop();
  rmSync(state, { recursive: true, force: true });
});

const drain = async (queue: string): Promise<unknown[]> => {
  const receiver = client.createReceiver(queue, { receiveMode: 'receiveAndDelete' });
  const bodies = (await receiver.receiveMessages(100, { maxWaitTimeInMs: 500 })).map(({ body }) => body);
  await receiver.close();
  return bodies;
};

test('messages come in order, with their properties, and are gone when completed', async () => {
  const sender = client.createSender('plain');
  await sender.sendMessages([1, 2, 3].map((n) => ({ body: { n }, messageId: `m${n}`, applicationProperties: { n } })));
  const receiver = client.createReceiver('plain');
  const messages = await receiver.receiveMessages(3, { maxWaitTimeInMs: 2000 });
  assert.deepEqual(
    messages.map(({ body }) => body.n),
    [1, 2, 3],
  );
  assert.equal(messages[0]?.applicationProperties?.['n'], 1);
  assert.equal(messages[0]?.messageId, 'm1');
  for (const message of messages) await receiver.completeMessage(message);
  await receiver.close();
  assert.deepEqual(await drain('plain'), []);
});

test('an abandoned message comes again and is dead-lettered after the last attempt', async () => {
  await client.createSender('plain').sendMessages({ body: 'poison' });
  const receiver = client.createReceiver('plain');
  for (let attempt = 1; attempt <= 3; attempt++) {
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });
    assert.ok(message);
    assert.equal(message.deliveryCount, attempt - 1);
    await receiver.abandonMessage(message);
  }
  await receiver.close();
  const dead = client.createReceiver('plain', { subQueueType: 'deadLetter' });
  const [message] = await dead.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  assert.equal(message?.body, 'poison');
  assert.equal(message?.deadLetterReason, 'MaxDeliveryCountExceeded');
  if (message) await dead.completeMessage(message);
  await dead.close();
});

test('a lock that runs out frees the message, and the late receiver is told', async () => {
  await client.createSender('plain').sendMessages({ body: 'slow' });
  const receiver = client.createReceiver('plain', { maxAutoLockRenewalDurationInMs: 0 });
  const [first] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  const [second] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 4000 });
  assert.equal(second?.body, 'slow');
  assert.equal(second?.deliveryCount, 1);
  assert.ok(first && second);
  await assert.rejects(
    receiver.completeMessage(first),
    (error) => isServiceBusError(error) && error.code === 'MessageLockLost',
  );
  await receiver.completeMessage(second);
  await receiver.close();
});

test('a message is dead-lettered with its reason', async () => {
  await client.createSender('plain').sendMessages({ body: 'bad' });
  const receiver = client.createReceiver('plain');
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  assert.ok(message);
  await receiver.deadLetterMessage(message, { deadLetterReason: 'unreadable', deadLetterErrorDescription: 'no JSON' });
  await receiver.close();
  const dead = client.createReceiver('plain', { subQueueType: 'deadLetter', receiveMode: 'receiveAndDelete' });
  const [letter] = await dead.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  assert.equal(letter?.deadLetterReason, 'unreadable');
  await dead.close();
});

test('a session belongs to one receiver at a time and keeps its order', async () => {
  const sender = client.createSender('sessions');
  await sender.sendMessages([1, 2].map((n) => ({ body: n, sessionId: 'a' })));
  await sender.sendMessages({ body: 3, sessionId: 'b' });
  const first = await client.acceptNextSession('sessions', { maxAutoLockRenewalDurationInMs: 0 });
  const second = await client.acceptNextSession('sessions', { maxAutoLockRenewalDurationInMs: 0 });
  assert.deepEqual([first.sessionId, second.sessionId].sort(), ['a', 'b']);
  await assert.rejects(
    client.acceptSession('sessions', 'a'),
    (error) => isServiceBusError(error) && error.code === 'SessionCannotBeLocked',
  );
  const a = first.sessionId === 'a' ? first : second;
  const messages = await a.receiveMessages(2, { maxWaitTimeInMs: 2000 });
  assert.deepEqual(
    messages.map(({ body }) => body),
    [1, 2],
  );
  await a.setSessionState({ seen: 2 });
  for (const message of messages) await a.completeMessage(message);
  await first.close();
  await second.close();
  const again = await client.acceptSession('sessions', 'a');
  assert.deepEqual(await again.getSessionState(), { seen: 2 });
  await again.close();
});

test('a message without session id is refused where sessions are required', async () => {
  await assert.rejects(client.createSender('sessions').sendMessages({ body: 1 }), /SessionId/);
});

test('the same message id is taken once', async () => {
  const sender = client.createSender('unique');
  for (let i = 0; i < 3; i++) await sender.sendMessages({ body: 'once', messageId: 'same' });
  assert.deepEqual(await drain('unique'), ['once']);
});

test('each subscription gets its copy', async () => {
  await client.createSender('topic').sendMessages({ body: 'news', sessionId: 's' });
  const one = await client.acceptNextSession('topic', 'one');
  assert.equal((await one.receiveMessages(1, { maxWaitTimeInMs: 2000 }))[0]?.body, 'news');
  await one.close();
  const two = client.createReceiver('topic', 'two', { receiveMode: 'receiveAndDelete' });
  assert.equal((await two.receiveMessages(1, { maxWaitTimeInMs: 2000 }))[0]?.body, 'news');
  await two.close();
});

test('a wrong key, an unknown entity and an oversized message are refused with the codes of the service', async () => {
  const stranger = new ServiceBusClient(connection(server.port, 'another'), { retryOptions: { maxRetries: 0 } });
  await assert.rejects(
    stranger.createSender('plain').sendMessages({ body: 1 }),
    (error) => isServiceBusError(error) && error.code === 'UnauthorizedAccess',
  );
  await stranger.close();
  await assert.rejects(
    client.createSender('nowhere').sendMessages({ body: 1 }),
    (error) => isServiceBusError(error) && error.code === 'MessagingEntityNotFound',
  );
  await assert.rejects(
    client.createSender('plain').sendMessages({ body: 'x'.repeat(300_000) }),
    (error) => isServiceBusError(error) && error.code === 'MessageSizeExceeded',
  );
});

test('what was acknowledged is there after a kill, delivery counts included', async () => {
  const other = mkdtempSync(join(tmpdir(), 'service-bus-restart-'));
  const options = { port: 0, administrationPort: 0, state: other, key, config };
  const first = await spawnServer('service-bus', options);
  const before = new ServiceBusClient(connection(first.port));
  await before.createSender('plain').sendMessages([{ body: 'a' }, { body: 'b' }]);
  const receiver = before.createReceiver('plain');
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 2000 });
  if (message) await receiver.abandonMessage(message);
  await before.close();
  await first.kill();
  const second = await spawnServer('service-bus', options);
  const later = new ServiceBusClient(connection(second.port));
  const found = await later
    .createReceiver('plain', { receiveMode: 'receiveAndDelete' })
    .receiveMessages(2, { maxWaitTimeInMs: 2000 });
  assert.deepEqual(
    found.map(({ body, deliveryCount }) => [body, deliveryCount]),
    [
      ['a', 1],
      ['b', 0],
    ],
  );
  await later.close();
  await second.stop();
  rmSync(other, { recursive: true, force: true });
});
