import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CorrelationRuleFilter, SqlRuleAction, SqlRuleFilter } from '@azure/service-bus';
import { openNamespace, type TestNamespace } from './support.ts';

let space: TestNamespace;
let topic: string;
before(async () => {
  space = await openNamespace();
  topic = space.name('topic');
  await space.administration.createTopic(topic);
});
after(() => space.close());

/** A subscription with one rule. */
async function subscribe(name: string, filter: SqlRuleFilter | CorrelationRuleFilter, action?: SqlRuleAction) {
  const defaultRuleOptions = { name: 'rule', filter, ...(action && { action }) };
  await space.administration.createSubscription(topic, name, { defaultRuleOptions });
}
const send = (...messages: Parameters<ReturnType<typeof space.client.createSender>['sendMessages']>[0][]) =>
  space.client.createSender(topic).sendMessages(messages.flat() as never);

test('each subscription gets the messages that its rule matches', async () => {
  await space.administration.createSubscription(topic, 'all');
  await subscribe('sql', { sqlExpression: "ward = 'J09' AND beds > 2 AND sys.Label LIKE 'bed%'" });
  await subscribe('correlation', { correlationId: 'c1', applicationProperties: { beds: 3 } });
  await subscribe('never', { sqlExpression: '1=0' });
  await send(
    { body: 1, subject: 'bed-moved', correlationId: 'c1', applicationProperties: { ward: 'J09', beds: 3 } },
    { body: 2, subject: 'bed-moved', correlationId: 'c2', applicationProperties: { ward: 'J09', beds: 2 } },
    { body: 3, subject: 'other', correlationId: 'c1', applicationProperties: { ward: 'J09', beds: 3 } },
    { body: 4 },
  );
  assert.deepEqual(await space.drain(topic, 'all'), [1, 2, 3, 4]);
  assert.deepEqual(await space.drain(topic, 'sql'), [1]);
  assert.deepEqual(await space.drain(topic, 'correlation'), [1, 3]);
  assert.deepEqual(await space.drain(topic, 'never'), []);
});

test('rules without action make one copy however many match; each rule with an action makes one more', async () => {
  await space.administration.createSubscription(topic, 'copies', {
    defaultRuleOptions: { name: 'a', filter: { sqlExpression: 'copies = 1' } },
  });
  const manager = space.client.createRuleManager(topic, 'copies');
  await manager.createRule('b', { sqlExpression: 'copies > 0' });
  await manager.createRule(
    'c',
    { sqlExpression: 'copies > 0' },
    { sqlExpression: "SET via = 'c'; SET copies = copies + 1; REMOVE gone" },
  );
  await manager.createRule('d', { sqlExpression: 'copies > 0' }, { sqlExpression: "SET sys.Label = 'changed'" });
  await send({ body: 'x', subject: 'original', applicationProperties: { copies: 1, gone: true, kept: 1.5 } });
  const receiver = space.client.createReceiver(topic, 'copies', { receiveMode: 'receiveAndDelete' });
  const found: { subject?: string | undefined; properties?: unknown }[] = [];
  while (found.length < 3) {
    const messages = await receiver.receiveMessages(3 - found.length, { maxWaitTimeInMs: 20_000 });
    assert.ok(messages.length > 0);
    found.push(
      ...messages.map(({ subject, applicationProperties }) => ({ subject, properties: applicationProperties })),
    );
  }
  await receiver.close();
  assert.deepEqual(found, [
    { subject: 'original', properties: { copies: 1, gone: true, kept: 1.5 } },
    { subject: 'original', properties: { copies: 2, kept: 1.5, via: 'c', RuleName: 'c' } },
    { subject: 'changed', properties: { copies: 1, gone: true, kept: 1.5, RuleName: 'd' } },
  ]);
});

test('rules are added, listed and removed by receivers', async () => {
  await space.administration.createSubscription(topic, 'managed');
  const manager = space.client.createRuleManager(topic, 'managed');
  await manager.deleteRule('$Default');
  await manager.createRule('sql', { sqlExpression: 'n IS NOT NULL' }, { sqlExpression: 'SET n = 5' });
  await manager.createRule('correlation', { subject: 's', applicationProperties: { text: 'a', yes: true, n: 1.5 } });
  const rules = [];
  for await (const rule of manager.listRules()) rules.push(rule);
  const [correlation, sql] = rules.sort((a, b) => (a.name < b.name ? -1 : 1));
  assert.deepEqual([sql?.name, sql?.filter], ['sql', { sqlExpression: 'n IS NOT NULL' }]);
  assert.equal(sql?.action?.sqlExpression, 'SET n = 5');
  const filter = correlation?.filter;
  assert.ok(filter !== undefined && !('sqlExpression' in filter));
  assert.equal(filter.subject, 's');
  assert.deepEqual(filter.applicationProperties, { text: 'a', yes: true, n: 1.5 });
  await assert.rejects(manager.createRule('sql', { sqlExpression: '1=1' }), /exist/i);
  await assert.rejects(manager.deleteRule('nowhere'), /found/i);
  await assert.rejects(manager.createRule('bad', { sqlExpression: 'n = (' }));
  await assert.rejects(manager.createRule('unknown', { sqlExpression: 'sys.Nonsense = 1' }));
});

test('a message that is scheduled to a topic is copied when its time comes, and can be cancelled before', async () => {
  await space.administration.createSubscription(topic, 'scheduled');
  const sender = space.client.createSender(topic);
  const at = new Date(Date.now() + 800);
  const [, cancelled] = await sender.scheduleMessages([{ body: 'kept' }, { body: 'cancelled' }], at);
  assert.ok(cancelled);
  await sender.cancelScheduledMessages(cancelled);
  const receiver = space.client.createReceiver(topic, 'scheduled', { receiveMode: 'receiveAndDelete' });
  const messages = await receiver.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
  assert.deepEqual(
    messages.map(({ body }) => body),
    ['kept'],
  );
  await receiver.close();
  assert.deepEqual(await space.drain(topic, 'scheduled'), []);
});

test('a subscription forwards to a queue, and a filter that cannot be evaluated is told as a dead letter', async () => {
  const target = space.name('target');
  await space.administration.createQueue(target);
  await space.administration.createSubscription(topic, 'forwards', { forwardTo: target });
  await space.administration.createSubscription(topic, 'faulty', {
    deadLetteringOnFilterEvaluationExceptions: true,
    defaultRuleOptions: { name: 'rule', filter: { sqlExpression: 'n / 0 = 1' } },
  });
  await send({ body: 'both', applicationProperties: { n: 1 } });
  assert.deepEqual(await space.drain(target), ['both']);
  const dead = space.client.createReceiver(topic, 'faulty', { subQueueType: 'deadLetter' });
  const [letter] = await dead.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
  assert.equal(letter?.body, 'both');
  await dead.close();
});
