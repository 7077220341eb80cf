import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as df from 'durable-functions';
import { type FixtureApp, openFixtureApp } from './fixtures/host.ts';

let host: FixtureApp;
before(async () => {
  host = await openFixtureApp();
});
after(() => host?.stop());

const account = (key: string): df.EntityId => new df.EntityId('Account', key);
const balance = async (key: string, expected: number | undefined): Promise<void> => {
  let last: unknown;
  for (let i = 0; i < 500; i++) {
    const { entityExists, entityState } = await host.client.readEntityState<number>(account(key));
    last = entityExists ? entityState : undefined;
    if (last === expected) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(last, expected);
};

test('a signal before a call counts first; a failed operation is told to who called; an entity signals another', async () => {
  const id = await host.start('useAccount');
  assert.deepEqual(await host.output(id), { sum: 7, failure: 'caught', read: 7 });
  await balance(`${id}-forwarded`, 3);
});

test('signals from outside count, and each of them once', async () => {
  await Promise.all(Array.from({ length: 30 }, () => host.client.signalEntity(account('outside'), 'add', 1)));
  await balance('outside', 30);
});

test('an entity that deletes itself is gone', async () => {
  await host.client.signalEntity(account('gone'), 'add', 1);
  await balance('gone', 1);
  await host.client.signalEntity(account('gone'), 'delete');
  await balance('gone', undefined);
});

test('opposed transfers under locks never wait for each other for ever, and nobody comes between', async () => {
  await host.client.signalEntity(account('x'), 'add', 100);
  await host.client.signalEntity(account('y'), 'add', 100);
  const started = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      host.start('transfer', { ...(n % 2 === 0 ? { from: 'x', to: 'y' } : { from: 'y', to: 'x' }), slow: n < 4 }),
    ),
  );
  for (const id of started) assert.deepEqual(await host.output(id), { alone: true, next: 2 });
  await balance('x', 100);
  await balance('y', 100);
});

test('a lock does not outlive who holds it', async () => {
  const keeper = await host.start('keepsLock', 'held');
  await host.until(keeper, ({ runtimeStatus }) => runtimeStatus === 'Running');
  const waiting = await host.start('transfer', { from: 'held', to: 'other' });
  await host.client.signalEntity(account('held'), 'add', 10);
  assert.equal((await host.client.getStatus(waiting)).runtimeStatus, 'Running');
  await host.client.terminate(keeper, 'enough');
  assert.deepEqual(await host.output(waiting), { alone: true, next: 2 });
  await balance('held', 9);
});

test('a signal to a kind of entity that the app does not have is refused', async () => {
  await assert.rejects(host.client.signalEntity(new df.EntityId('Nobody', 'k'), 'add', 1), /400.*Nobody/);
});

test('a call to a kind of entity that the app does not have fails', async () => {
  const status = await host.over(await host.start('callsNobody'));
  assert.equal(status.runtimeStatus, 'Failed');
  assert.match(String(status.output), /'nobody' doesn't exist/);
});

test('entities are listed in pages', async () => {
  for (const key of ['l1', 'l2', 'l3']) await host.client.signalEntity(account(key), 'add', 1);
  for (const key of ['l1', 'l2', 'l3']) await balance(key, 1);
  const code = String(new URL(host.client.createHttpManagementPayload('i').statusQueryGetUri).searchParams.get('code'));
  const keys: string[] = [];
  let token: string | null = '';
  while (token !== null) {
    const page: Response = await host.ask(
      `runtime/webhooks/durabletask/entities/account?top=2&fetchState=true&code=${code}`,
      { headers: { 'x-ms-continuation-token': token } },
    );
    const found = (await page.json()) as { entityId: { key: string }; state: unknown }[];
    assert.ok(found.length <= 2);
    keys.push(...found.map(({ entityId }) => entityId.key));
    token = page.headers.get('x-ms-continuation-token');
  }
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(['l1', 'l2', 'l3'].every((key) => keys.includes(key)));
});
