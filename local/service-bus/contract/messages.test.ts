import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ServiceBusReceiver } from '@azure/service-bus';
import { failsWith, openNamespace, type TestNamespace, until } from './support.ts';

let space: TestNamespace;
let plain: string;
/** Its locks end soon. */
let brief: string;
before(async () => {
  space = await openNamespace();
  plain = space.name('plain');
  brief = space.name('brief');
  await space.administration.createQueue(plain, { maxDeliveryCount: 3 });
  await space.administration.createQueue(brief, { lockDuration: 'PT5S' });
});
after(() => space.close());

const takeOne = async (receiver: ServiceBusReceiver) => {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
  assert.ok(message);
  return message;
};
const deadLetters = () => space.client.createReceiver(plain, { subQueueType: 'deadLetter' });

test('messages come in order, with their properties, and are gone when completed', async () => {
  const sender = space.client.createSender(plain);
  const sent = [1, 2, 3].map((n) => ({
    body: { n },
    messageId: `m${n}`,
    subject: 'news',
    correlationId: 'c',
    contentType: 'application/json',
    replyTo: 'somewhere',
    to: 'you',
    partitionKey: 'p',
    applicationProperties: { n, half: 0.5, text: 'ü', yes: true },
  }));
  await sender.sendMessages(sent);
  const receiver = space.client.createReceiver(plain);
  const messages = await receiver.receiveMessages(3, { maxWaitTimeInMs: 20_000 });
  assert.deepEqual(
    messages.map(({ body }) => body.n),
    [1, 2, 3],
  );
  const [first] = messages;
  for (const [name, value] of Object.entries(sent[0] ?? {}))
    assert.deepEqual((first as unknown as Record<string, unknown>)[name], value, name);
  assert.equal(first?.state, 'active');
  for (const message of messages) await receiver.completeMessage(message);
  await receiver.close();
  assert.deepEqual(await space.drain(plain), []);
});

test('an abandoned message comes again, with what was added, and is dead-lettered after the last attempt', async () => {
  await space.client.createSender(plain).sendMessages({ body: 'poison', applicationProperties: { n: 1 } });
  const receiver = space.client.createReceiver(plain);
  for (let attempt = 1; attempt <= 3; attempt++) {
    const message = await takeOne(receiver);
    assert.equal(message.deliveryCount, attempt - 1);
    await receiver.abandonMessage(message, { [`attempt${attempt}`]: true });
  }
  await receiver.close();
  const dead = deadLetters();
  const message = await takeOne(dead);
  assert.equal(message.deadLetterReason, 'MaxDeliveryCountExceeded');
  assert.equal(message.deadLetterSource?.toLowerCase(), plain);
  assert.equal(message.applicationProperties?.['attempt1'], true);
  assert.equal(message.applicationProperties?.['n'], 1);
  await dead.completeMessage(message);
  await dead.close();
});

test('a message is dead-lettered with its reason, and stays there until it is taken', async () => {
  await space.client.createSender(plain).sendMessages({ body: 'bad' });
  const receiver = space.client.createReceiver(plain);
  const options = { deadLetterReason: 'unreadable', deadLetterErrorDescription: 'no JSON', ward: 'J09' };
  await receiver.deadLetterMessage(await takeOne(receiver), options);
  await receiver.close();
  const dead = deadLetters();
  const letter = await takeOne(dead);
  assert.equal(letter.deadLetterReason, 'unreadable');
  assert.equal(letter.deadLetterErrorDescription, 'no JSON');
  assert.equal(letter.applicationProperties?.['ward'], 'J09');
  await dead.completeMessage(letter);
  await dead.close();
});

test('a lock that runs out frees the message, and the late receiver is told', async () => {
  await space.client.createSender(brief).sendMessages({ body: 'slow' });
  const receiver = space.client.createReceiver(brief, { maxAutoLockRenewalDurationInMs: 0 });
  const first = await takeOne(receiver);
  const [second] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
  assert.ok(second);
  assert.equal(second.deliveryCount, 1);
  await assert.rejects(receiver.completeMessage(first), failsWith('MessageLockLost'));
  await assert.rejects(receiver.renewMessageLock(first), failsWith('MessageLockLost'));
  const until = await receiver.renewMessageLock(second);
  assert.ok(until.getTime() > Date.now());
  await receiver.completeMessage(second);
  await assert.rejects(receiver.completeMessage(second));
  await receiver.close();
});

test('closing a receiver keeps its locks until they end', async () => {
  await space.client.createSender(brief).sendMessages({ body: 'held' });
  const first = space.client.createReceiver(brief, { maxAutoLockRenewalDurationInMs: 0 });
  await takeOne(first);
  await first.close();
  const second = space.client.createReceiver(brief);
  assert.deepEqual(await second.receiveMessages(1, { maxWaitTimeInMs: 1000 }), []);
  const [again] = await second.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
  assert.equal(again?.body, 'held');
  if (again) await second.completeMessage(again);
  await second.close();
});

test('a deferred message is kept aside and received by its number', async () => {
  const sender = space.client.createSender(plain);
  await sender.sendMessages([{ body: 'later' }, { body: 'now' }]);
  const receiver = space.client.createReceiver(plain);
  const later = await takeOne(receiver);
  await receiver.deferMessage(later, { why: 'waiting' });
  const now = await takeOne(receiver);
  assert.equal(now.body, 'now');
  await receiver.completeMessage(now);
  const number = later.sequenceNumber;
  assert.ok(number);
  assert.equal((await receiver.peekMessages(1, { fromSequenceNumber: number }))[0]?.state, 'deferred');
  const [deferred] = await receiver.receiveDeferredMessages(number);
  assert.ok(deferred);
  assert.equal(deferred.body, 'later');
  assert.equal(deferred.applicationProperties?.['why'], 'waiting');
  await assert.rejects(receiver.receiveDeferredMessages(number), failsWith('MessageNotFound'));
  await receiver.abandonMessage(deferred);
  const [again] = await receiver.receiveDeferredMessages(number);
  assert.ok(again);
  await receiver.completeMessage(again);
  await assert.rejects(receiver.receiveDeferredMessages(number), failsWith('MessageNotFound'));
  await receiver.close();
});

test('scheduled messages wait for their time, are seen meanwhile, and can be cancelled', async () => {
  const sender = space.client.createSender(plain);
  const soon = new Date(Date.now() + 1500);
  const [kept, cancelled] = await sender.scheduleMessages([{ body: 'kept' }, { body: 'cancelled' }], soon);
  assert.ok(kept && cancelled);
  const receiver = space.client.createReceiver(plain);
  const peeked = await receiver.peekMessages(2, { fromSequenceNumber: kept });
  assert.deepEqual(
    peeked.map(({ state }) => state),
    ['scheduled', 'scheduled'],
  );
  await sender.cancelScheduledMessages(cancelled);
  await assert.rejects(sender.cancelScheduledMessages(cancelled), failsWith('MessageNotFound'));
  const message = await takeOne(receiver);
  assert.equal(message.body, 'kept');
  assert.ok(Date.now() >= soon.getTime());
  assert.ok(message.enqueuedSequenceNumber === undefined || message.enqueuedSequenceNumber === Number(kept));
  await receiver.completeMessage(message);
  await sender.sendMessages({ body: 'by its property', scheduledEnqueueTimeUtc: new Date(Date.now() + 700) });
  assert.deepEqual(await receiver.receiveMessages(1, { maxWaitTimeInMs: 200 }), []);
  await receiver.completeMessage(await takeOne(receiver));
  await receiver.close();
});

test('a message whose time is over is gone, or a dead letter where that is asked for', async () => {
  const quiet = space.name('quiet');
  const told = space.name('told');
  await space.administration.createQueue(quiet, { defaultMessageTimeToLive: 'PT1S' });
  await space.administration.createQueue(told, { deadLetteringOnMessageExpiration: true });
  await space.client.createSender(quiet).sendMessages({ body: 1 });
  await space.client.createSender(told).sendMessages({ body: 2, timeToLive: 1000 });
  const dead = space.client.createReceiver(told, { subQueueType: 'deadLetter' });
  const [letter] = await dead.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
  assert.equal(letter?.deadLetterReason, 'TTLExpiredException');
  assert.deepEqual(await space.drain(quiet), []);
  await dead.close();
});

test('peeking looks at all messages in order without taking them', async () => {
  await space.client.createSender(plain).sendMessages([1, 2, 3].map((body) => ({ body })));
  const receiver = space.client.createReceiver(plain);
  const held = await takeOne(receiver);
  assert.ok(held.sequenceNumber);
  const peeked = await receiver.peekMessages(2, { fromSequenceNumber: held.sequenceNumber });
  const more = await receiver.peekMessages(10);
  assert.deepEqual(
    [...peeked, ...more].map(({ body }) => body),
    [1, 2, 3],
  );
  await receiver.completeMessage(held);
  await receiver.close();
  assert.deepEqual(await space.drain(plain), [2, 3]);
});

test('the same message id is taken once within the window', async () => {
  const unique = space.name('unique');
  await space.administration.createQueue(unique, { requiresDuplicateDetection: true });
  const sender = space.client.createSender(unique);
  for (let i = 0; i < 3; i++) await sender.sendMessages({ body: 'once', messageId: 'same' });
  await sender.sendMessages([1, 2].map((body) => ({ body, messageId: 'other' })));
  assert.deepEqual(await space.drain(unique), ['once', 1]);
});

test('messages are forwarded from queue to queue, dead letters too, and what goes in circles ends', async () => {
  const { administration, client } = space;
  const [target, source, circle] = [space.name('target'), space.name('source'), space.name('circle')];
  await administration.createQueue(target);
  await administration.createQueue(source, { forwardTo: target });
  await administration.createQueue(circle, { maxDeliveryCount: 1, forwardDeadLetteredMessagesTo: target });
  await client.createSender(source).sendMessages({ body: 'forwarded' });
  await client.createSender(circle).sendMessages({ body: 'dead' });
  const receiver = client.createReceiver(circle);
  await receiver.abandonMessage(await takeOne(receiver));
  await receiver.close();
  const counts = async (of: string) => administration.getQueueRuntimeProperties(of);
  await until('both were forwarded', async () => (await counts(target)).activeMessageCount === 2);
  assert.deepEqual(await space.drain(target), ['forwarded', 'dead']);
  await assert.rejects(client.createReceiver(source).receiveMessages(1, { maxWaitTimeInMs: 500 }));
  const [one, other] = [space.name('one'), space.name('other')];
  await administration.createQueue(one);
  await administration.createQueue(other, { forwardTo: one });
  await administration.updateQueue({ ...(await administration.getQueue(one)), forwardTo: other });
  await client.createSender(one).sendMessages({ body: 'round' });
  const lost = async (of: string) => (await counts(of)).transferDeadLetterMessageCount;
  await until('it was put aside', async () => (await lost(one)) + (await lost(other)) === 1);
});

test('a batch of many messages, and one of the largest size, arrive whole; what is too large is refused', async () => {
  const sender = space.client.createSender(plain);
  const batch = await sender.createMessageBatch();
  while (batch.count < 1500 && batch.tryAddMessage({ body: batch.count })) {
    // Filled until it is full.
  }
  await sender.sendMessages(batch);
  assert.equal((await space.drain(plain)).length, batch.count);
  await sender.sendMessages({ body: 'x'.repeat(200_000) });
  assert.equal(String((await space.drain(plain))[0]).length, 200_000);
  await assert.rejects(sender.sendMessages({ body: 'x'.repeat(300_000) }), failsWith('MessageSizeExceeded'));
  await assert.rejects(sender.createMessageBatch({ maxSizeInBytes: 300_000 }), /maxSizeInBytes|Max message size/i);
});

test('a receiver that drains may receive again, and takes no more than it asked for', async () => {
  const receiver = space.client.createReceiver(plain, { receiveMode: 'receiveAndDelete' });
  assert.deepEqual(await receiver.receiveMessages(5, { maxWaitTimeInMs: 300 }), []);
  await space.client.createSender(plain).sendMessages([1, 2, 3].map((body) => ({ body })));
  assert.deepEqual(
    (await receiver.receiveMessages(1, { maxWaitTimeInMs: 20_000 })).map(({ body }) => body),
    [1],
  );
  await receiver.close();
  assert.deepEqual(await space.drain(plain), [2, 3]);
});

test('a disabled queue neither takes nor gives messages; an unknown one is not found', async () => {
  const name = space.name('closed');
  await space.administration.createQueue(name, { status: 'Disabled' });
  await assert.rejects(space.client.createSender(name).sendMessages({ body: 1 }), failsWith('MessagingEntityDisabled'));
  const nowhere = space.client.createSender(space.name('nowhere'));
  await assert.rejects(nowhere.sendMessages({ body: 1 }), failsWith('MessagingEntityNotFound'));
  const lost = space.client.createReceiver(space.name('nowhere'));
  await assert.rejects(lost.receiveMessages(1), failsWith('MessagingEntityNotFound'));
});

test('a queue that is deleted ends its receivers', async () => {
  const name = space.name('deleted');
  await space.administration.createQueue(name);
  const receiver = space.client.createReceiver(name);
  await receiver.receiveMessages(1, { maxWaitTimeInMs: 200 });
  await space.administration.deleteQueue(name);
  await assert.rejects(receiver.receiveMessages(1, { maxWaitTimeInMs: 500 }), failsWith('MessagingEntityNotFound'));
  await receiver.close().catch(() => {});
});

test('2,000 unsettled messages on one link do not stop the link', async () => {
  await space.client.createSender(plain).sendMessages(Array.from({ length: 1000 }, (_, body) => ({ body })));
  await space.client
    .createSender(plain)
    .sendMessages(Array.from({ length: 1000 }, (_, body) => ({ body: body + 1000 })));
  const receiver = space.client.createReceiver(plain, { maxAutoLockRenewalDurationInMs: 0 });
  let completed = 0;
  while (completed < 2000) {
    const messages = await receiver.receiveMessages(1000, { maxWaitTimeInMs: 20_000 });
    assert.ok(messages.length > 0);
    await Promise.all(messages.map((message) => receiver.completeMessage(message).catch(() => {})));
    completed += messages.length;
  }
  await receiver.close();
});
