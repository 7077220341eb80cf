import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { failsWith, openNamespace, type TestNamespace } from './support.ts';

let space: TestNamespace;
let queue: string;
/** Its locks end soon. */
let brief: string;
before(async () => {
  space = await openNamespace();
  queue = space.name('sessions');
  await space.administration.createQueue(queue, { requiresSession: true, lockDuration: 'PT1M' });
  brief = space.name('brief');
  await space.administration.createQueue(brief, { requiresSession: true, lockDuration: 'PT5S' });
});
after(() => space.close());

const patience = { maxWaitTimeInMs: 20_000 };
const unrenewed = { maxAutoLockRenewalDurationInMs: 0 };

test('a session belongs to one receiver at a time, keeps its order and its state', async () => {
  const sender = space.client.createSender(queue);
  await sender.sendMessages([1, 2].map((n) => ({ body: n, sessionId: 'a' })));
  await sender.sendMessages({ body: 3, sessionId: 'b' });
  const first = await space.client.acceptNextSession(queue, unrenewed);
  const second = await space.client.acceptNextSession(queue, unrenewed);
  assert.deepEqual([first.sessionId, second.sessionId].sort(), ['a', 'b']);
  await assert.rejects(space.client.acceptSession(queue, 'a'), failsWith('SessionCannotBeLocked'));
  const a = first.sessionId === 'a' ? first : second;
  const messages = await a.receiveMessages(2, patience);
  assert.deepEqual(
    messages.map(({ body, sessionId }) => [body, sessionId]),
    [
      [1, 'a'],
      [2, 'a'],
    ],
  );
  await a.setSessionState({ seen: 2 });
  for (const message of messages) await a.completeMessage(message);
  const until = await a.renewSessionLock();
  assert.ok(until.getTime() > Date.now());
  await first.close();
  await second.close();
  const again = await space.client.acceptSession(queue, 'a');
  assert.deepEqual(await again.getSessionState(), { seen: 2 });
  await again.setSessionState(null);
  assert.equal(await again.getSessionState(), null);
  await again.close();
  const rest = await space.client.acceptSession(queue, 'b', { receiveMode: 'receiveAndDelete' });
  assert.equal((await rest.receiveMessages(1, patience))[0]?.body, 3);
  await rest.close();
});

test('a session that is closed gives its unsettled messages back, not counted as failed', async () => {
  await space.client.createSender(queue).sendMessages({ body: 'again', sessionId: 'c' });
  const first = await space.client.acceptSession(queue, 'c', unrenewed);
  assert.equal((await first.receiveMessages(1, patience)).length, 1);
  await first.close();
  const second = await space.client.acceptSession(queue, 'c');
  const [message] = await second.receiveMessages(1, patience);
  assert.ok(message);
  assert.equal(message.deliveryCount, 0);
  await second.completeMessage(message);
  await second.close();
});

test('a session lock that runs out is lost: the receiver is told, the next one gets the messages', async () => {
  await space.client.createSender(brief).sendMessages({ body: 'lost', sessionId: 'd' });
  const first = await space.client.acceptSession(brief, 'd', unrenewed);
  const [held] = await first.receiveMessages(1, patience);
  assert.ok(held);
  const second = await space.client.acceptNextSession(brief);
  assert.equal(second.sessionId, 'd');
  await assert.rejects(first.completeMessage(held), failsWith('SessionLockLost'));
  await assert.rejects(first.renewSessionLock(), failsWith('SessionLockLost'));
  const [message] = await second.receiveMessages(1, patience);
  assert.equal(message?.deliveryCount, 1);
  if (message) await second.completeMessage(message);
  await second.close();
  await first.close().catch(() => {});
});

test('whoever waits for a session gets the next one that has messages', async () => {
  const waiting = space.client.acceptNextSession(queue);
  await space.client.createSender(queue).sendMessages({ body: 'come', sessionId: 'e' });
  const session = await waiting;
  assert.equal(session.sessionId, 'e');
  const [message] = await session.receiveMessages(1, patience);
  if (message) await session.completeMessage(message);
  await session.close();
});

test('without a free session the wait ends with an error', async () => {
  const hasty = await openShortlived();
  await assert.rejects(hasty.acceptNextSession(queue), failsWith('ServiceTimeout', 'SessionCannotBeLocked'));
  await hasty.close();
});

async function openShortlived() {
  const { ServiceBusClient } = await import('@azure/service-bus');
  return new ServiceBusClient(space.connectionString, { retryOptions: { timeoutInMs: 1500, maxRetries: 0 } });
}

test('deferred messages of a session are received within it', async () => {
  await space.client.createSender(queue).sendMessages({ body: 'later', sessionId: 'f' });
  const session = await space.client.acceptSession(queue, 'f');
  const [message] = await session.receiveMessages(1, patience);
  assert.ok(message?.sequenceNumber);
  await session.deferMessage(message);
  const [deferred] = await session.receiveDeferredMessages(message.sequenceNumber);
  assert.ok(deferred);
  await session.completeMessage(deferred);
  assert.equal((await session.peekMessages(1)).length, 0);
  await session.close();
});

test('sessions are asked for where they are required, and nowhere else', async () => {
  const plain = space.name('plain');
  await space.administration.createQueue(plain);
  await assert.rejects(space.client.createSender(queue).sendMessages({ body: 1 }), /SessionId/i);
  await assert.rejects(
    space.client.createSender(queue).sendMessages([{ body: 1, sessionId: 'x' }, { body: 2 }]),
    /SessionId|session/i,
  );
  await assert.rejects(space.client.createReceiver(queue).receiveMessages(1), /session/i);
  await assert.rejects(space.client.acceptSession(plain, 'x'), /session/i);
});

test('300 sessions are served one after the other, each whole and in order', async () => {
  const many = space.name('many');
  await space.administration.createQueue(many, { requiresSession: true });
  const sender = space.client.createSender(many);
  for (let n = 0; n < 3; n++)
    await sender.sendMessages(Array.from({ length: 300 }, (_, s) => ({ body: n, sessionId: `s${s}` })));
  const seen = new Map<string, unknown[]>();
  const worker = async (): Promise<void> => {
    while (seen.size < 300) {
      const session = await space.client.acceptNextSession(many, { receiveMode: 'receiveAndDelete' });
      const messages = await session.receiveMessages(3, patience);
      seen.set(
        session.sessionId,
        messages.map(({ body }) => body),
      );
      await session.close();
      if (seen.size >= 296) return;
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  for (const bodies of seen.values()) assert.deepEqual(bodies, [0, 1, 2]);
});
