import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  connectionString,
  openAdministration,
  openLocalNamespace,
  openNamespace,
  type TestNamespace,
} from './support.ts';

let space: TestNamespace;
before(async () => {
  space = await openNamespace();
});
after(() => space.close());

const rejectedAs = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

test('a queue is made, read, changed, listed and deleted, with the properties that were asked for', async () => {
  const { administration } = space;
  const name = space.name('queue');
  const made = await administration.createQueue(name, {
    lockDuration: 'PT30S',
    maxDeliveryCount: 5,
    requiresSession: true,
    requiresDuplicateDetection: true,
    duplicateDetectionHistoryTimeWindow: 'PT5M',
    defaultMessageTimeToLive: 'P1D',
    deadLetteringOnMessageExpiration: true,
    userMetadata: 'a <note> & more',
  });
  assert.equal(made.lockDuration, 'PT30S');
  const read = await administration.getQueue(name);
  assert.equal(read.maxDeliveryCount, 5);
  assert.equal(read.requiresSession, true);
  assert.equal(read.requiresDuplicateDetection, true);
  assert.equal(read.duplicateDetectionHistoryTimeWindow, 'PT5M');
  assert.equal(read.userMetadata, 'a <note> & more');
  assert.equal(read.status, 'Active');
  const changed = await administration.updateQueue({ ...read, maxDeliveryCount: 7 });
  assert.equal(changed.maxDeliveryCount, 7);
  const names: string[] = [];
  for await (const queue of administration.listQueues()) names.push(queue.name);
  assert.ok(names.includes(name));
  await administration.deleteQueue(name);
  assert.equal(await administration.queueExists(name), false);
  await assert.rejects(administration.getQueue(name), rejectedAs('MessageEntityNotFoundError'));
});

test('long lists come in pages', async () => {
  const { administration } = space;
  const wanted = Array.from({ length: 5 }, (_, n) => space.name(`page-${n}`));
  for (const name of wanted) await administration.createQueue(name);
  const found: string[] = [];
  for await (const page of administration.listQueues().byPage({ maxPageSize: 2 }))
    found.push(...page.map(({ name }) => name));
  for (const name of wanted) assert.ok(found.includes(name));
  assert.equal(new Set(found).size, found.length);
});

test('topics, subscriptions and rules are made, changed and deleted, rules with the types of their values', async () => {
  const { administration } = space;
  const topic = space.name('topic');
  await administration.createTopic(topic, { defaultMessageTimeToLive: 'PT1H' });
  await administration.createSubscription(topic, 'all');
  await administration.createSubscription(topic, 'some', {
    maxDeliveryCount: 3,
    defaultRuleOptions: { name: 'first', filter: { sqlExpression: 'kind = @kind', sqlParameters: { '@kind': 'a' } } },
  });
  assert.equal((await administration.getRule(topic, 'all', '$Default')).name, '$Default');
  const first = await administration.getRule(topic, 'some', 'first');
  assert.deepEqual(first.filter, { sqlExpression: 'kind = @kind', sqlParameters: { '@kind': 'a' } });
  await administration.createRule(
    topic,
    'some',
    'second',
    { subject: 'urgent', applicationProperties: { ward: 'J09', bed: 4.5, isolated: true } },
    { sqlExpression: "SET seen = 'yes'" },
  );
  const second = await administration.getRule(topic, 'some', 'second');
  assert.deepEqual((second.filter as { applicationProperties?: unknown }).applicationProperties, {
    ward: 'J09',
    bed: 4.5,
    isolated: true,
  });
  assert.equal(second.action.sqlExpression, "SET seen = 'yes'");
  await administration.updateRule(topic, 'some', { ...first, filter: { sqlExpression: 'kind = 2' } });
  const rules: string[] = [];
  for await (const rule of administration.listRules(topic, 'some')) rules.push(rule.name);
  assert.deepEqual(rules.sort(), ['first', 'second']);
  await administration.deleteRule(topic, 'some', 'second');
  const subscriptions: string[] = [];
  for await (const { subscriptionName } of administration.listSubscriptions(topic))
    subscriptions.push(subscriptionName);
  assert.deepEqual(subscriptions, ['all', 'some']);
  const before = await administration.getSubscription(topic, 'some');
  await administration.updateSubscription({ ...before, lockDuration: 'PT2M' });
  assert.equal((await administration.getSubscription(topic, 'some')).lockDuration, 'PT2M');
  assert.equal((await administration.getTopicRuntimeProperties(topic)).subscriptionCount, 2);
  await administration.deleteSubscription(topic, 'all');
  await administration.deleteTopic(topic);
  assert.equal(await administration.subscriptionExists(topic, 'some'), false);
});

test('messages are counted by what became of them', async () => {
  const { administration, client } = space;
  const name = space.name('counted');
  await administration.createQueue(name);
  const sender = client.createSender(name);
  await sender.sendMessages([{ body: 1 }, { body: 2 }, { body: 3 }]);
  await sender.scheduleMessages({ body: 4 }, new Date(Date.now() + 3600_000));
  const receiver = client.createReceiver(name);
  const [message] = await receiver.receiveMessages(1);
  assert.ok(message);
  await receiver.deadLetterMessage(message);
  await receiver.close();
  const counts = await administration.getQueueRuntimeProperties(name);
  assert.equal(counts.activeMessageCount, 2);
  assert.equal(counts.deadLetterMessageCount, 1);
  assert.equal(counts.scheduledMessageCount, 1);
  assert.equal(counts.totalMessageCount, 4);
});

test('what exists already, is not there, or cannot be, is refused with the codes of the service', async () => {
  const { administration } = space;
  const name = space.name('refused');
  await administration.createQueue(name);
  await assert.rejects(administration.createQueue(name), rejectedAs('MessageEntityAlreadyExistsError'));
  await assert.rejects(administration.createTopic(name), rejectedAs('MessageEntityAlreadyExistsError'));
  await assert.rejects(administration.deleteQueue(space.name('nowhere')), rejectedAs('MessageEntityNotFoundError'));
  const queue = await administration.getQueue(name);
  await assert.rejects(administration.updateQueue({ ...queue, requiresSession: true }), rejectedAs('ServiceError'));
  const topic = space.name('rules');
  await administration.createTopic(topic);
  await administration.createSubscription(topic, 'one');
  await assert.rejects(
    administration.createRule(topic, 'one', 'bad', { sqlExpression: 'kind = = 1' }),
    rejectedAs('ServiceError'),
  );
  await assert.rejects(administration.createSubscription('nowhere', 'one'), rejectedAs('MessageEntityNotFoundError'));
});

test('properties that would need what this server has not are refused, not ignored', async (context) => {
  if (space.server === undefined) return context.skip('Azure supports them.');
  const { administration } = space;
  await assert.rejects(administration.createQueue('idle', { autoDeleteOnIdle: 'PT5M' }), /AutoDeleteOnIdle/);
  await assert.rejects(administration.createQueue('split', { enablePartitioning: true }), /EnablePartitioning/);
  await assert.rejects(administration.createQueue('never', { lockDuration: 'PT6M' }), /LockDuration/);
  assert.equal(await administration.queueExists('idle'), false);
});

test('a wrong key is refused, malformed bodies are answered, and without TLS the API answers too', async (context) => {
  if (space.server === undefined) return context.skip('Only with the local server’s key.');
  const stranger = openAdministration(connectionString(space.server.port, 'another'), `${space.state}/tls/ca.pem`);
  await assert.rejects(stranger.getQueue('any'), rejectedAs('UnauthorizedRequestError'));
  const url = `${String(space.server.facts['administration'])}/any`;
  assert.equal((await fetch(url)).status, 401);
  assert.equal((await fetch(url, { headers: { authorization: 'SharedAccessSignature sr=&%%%' } })).status, 401);
});

test('entities and rules outlive a restart', async () => {
  const own = await openLocalNamespace();
  const topic = own.name('kept');
  await own.administration.createTopic(topic);
  await own.administration.createSubscription(topic, 'one', {
    defaultRuleOptions: { name: 'only', filter: { sqlExpression: 'n > 1' } },
  });
  await own.server?.kill();
  const again = await openLocalNamespace({ state: own.state, port: own.server?.port });
  assert.equal((await again.administration.getRule(topic, 'one', 'only')).name, 'only');
  await again.client.createSender(topic).sendMessages([1, 2].map((n) => ({ body: n, applicationProperties: { n } })));
  assert.deepEqual(await again.drain(topic, 'one'), [2]);
  await again.close();
  await own.close();
});
