import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChangeFeedStartFrom, type Container, CosmosClient } from '@azure/cosmos';
import { startCosmos } from '../index.ts';
import { type Account, openAccount } from './account.ts';

let account: Account;
before(async () => {
  account = await openAccount();
});
after(() => account.close());

/** Everything that the feed tells from there on, and where it has come. */
async function told(
  container: Container,
  changeFeedStartFrom: ChangeFeedStartFrom,
  maxItemCount = 2,
): Promise<{ ids: string[]; pages: number; continuation: string }> {
  const feed = container.items.getChangeFeedIterator<{ id: string }>({ changeFeedStartFrom, maxItemCount });
  const ids: string[] = [];
  let pages = 0;
  for (;;) {
    const { result, statusCode, continuationToken } = await feed.readNext();
    if (statusCode === 304) return { ids, pages, continuation: continuationToken };
    pages++;
    ids.push(...result.map(({ id }) => id));
  }
}

const create = async (container: Container, ...ids: string[]): Promise<void> => {
  for (const id of ids) await container.items.create({ id, partition: id.slice(0, 1) });
};

test('the feed tells latest versions in the order of their changes, page by page', async () => {
  const container = await account.container();
  await create(container, 'a1', 'a2', 'b1', 'b2', 'c1');
  await container.item('a1', 'a').replace({ id: 'a1', partition: 'a', n: 2 });
  await container.item('b1', 'b').delete();
  const { ids, pages } = await told(container, ChangeFeedStartFrom.Beginning());
  assert.deepEqual(ids, ['a2', 'b2', 'c1', 'a1']);
  assert.equal(pages, 2);
});

test('from now on means what comes after, and a continuation goes on where it stood', async () => {
  const container = await account.container();
  await create(container, 'a1');
  const now = await told(container, ChangeFeedStartFrom.Now());
  assert.deepEqual(now.ids, []);
  await create(container, 'a2', 'a3', 'a4');
  const later = await told(container, ChangeFeedStartFrom.Continuation(now.continuation));
  assert.deepEqual(later.ids, ['a2', 'a3', 'a4']);
  assert.deepEqual((await told(container, ChangeFeedStartFrom.Continuation(later.continuation))).ids, []);
});

test('from a moment on nothing older is told', async () => {
  const container = await account.container();
  await create(container, 'a1');
  await sleep(2100);
  const moment = new Date();
  await create(container, 'a2');
  assert.deepEqual((await told(container, ChangeFeedStartFrom.Time(moment))).ids, ['a2']);
});

test('one partition key has a feed of its own', async () => {
  const container = await account.container();
  await create(container, 'a1', 'b1', 'a2', 'b2');
  const first = await told(container, ChangeFeedStartFrom.Beginning('a'));
  assert.deepEqual(first.ids, ['a1', 'a2']);
  await create(container, 'b3', 'a3');
  assert.deepEqual((await told(container, ChangeFeedStartFrom.Continuation(first.continuation))).ids, ['a3']);
});

test('the feed ranges together tell everything', async () => {
  const container = await account.container();
  await create(container, 'a1', 'b1', 'c1');
  const ids: string[] = [];
  for (const range of await container.getFeedRanges())
    ids.push(...(await told(container, ChangeFeedStartFrom.Beginning(range))).ids);
  assert.deepEqual(ids.sort(), ['a1', 'b1', 'c1']);
});

test('expired items do not stop the feed', async () => {
  const container = await account.container({ defaultTtl: -1 });
  for (const id of ['x1', 'x2', 'x3']) await container.items.create({ id, partition: 'x', ttl: 1 });
  await create(container, 'a1');
  await sleep(2100);
  assert.deepEqual((await told(container, ChangeFeedStartFrom.Beginning(), 1)).ids, ['a1']);
});

test('a page ends at 4 MB, whatever its length', async () => {
  const container = await account.container();
  for (const id of ['a1', 'a2', 'a3', 'a4'])
    await container.items.create({ id, partition: 'a', text: 'x'.repeat(1_500_000) });
  const { ids, pages } = await told(container, ChangeFeedStartFrom.Beginning(), 100);
  assert.deepEqual(ids, ['a1', 'a2', 'a3', 'a4']);
  assert.equal(pages, 2);
});

test('a continuation outlives a restart of the server', {
  skip: process.env['COSMOS_ENDPOINT'] !== undefined,
}, async () => {
  const state = mkdtempSync(join(tmpdir(), 'cosmos-feed-'));
  const key = account.key;
  const open = async (port: number) => {
    const server = await startCosmos({ port, state, key });
    const client = new CosmosClient({ endpoint: server.endpoint, key, consistencyLevel: 'Session' });
    const close = async (): Promise<void> => {
      client.dispose();
      await server.close();
    };
    return { port: server.port, client, close };
  };
  const first = await open(0);
  const { database } = await first.client.databases.create({ id: 'd' });
  const { container } = await database.containers.create({ id: 'c', partitionKey: { paths: ['/partition'] } });
  await create(container, 'a1', 'a2');
  const { continuation } = await told(container, ChangeFeedStartFrom.Beginning());
  await create(container, 'a3');
  await container.item('a3', 'a').delete();
  await first.close();
  const second = await open(first.port);
  const same = second.client.database('d').container('c');
  assert.deepEqual((await told(same, ChangeFeedStartFrom.Continuation(continuation))).ids, []);
  await create(same, 'a4');
  assert.deepEqual((await told(same, ChangeFeedStartFrom.Continuation(continuation))).ids, ['a4']);
  await second.close();
  rmSync(state, { recursive: true, force: true });
});
