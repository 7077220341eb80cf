import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BulkOperationType, type Container, CosmosClient, ErrorResponse, PatchOperationType } from '@azure/cosmos';
import type { RunningServer } from '../server.ts';
import { startCosmos } from './index.ts';

const key = Buffer.from('a test key of the local server').toString('base64');
let state: string;
let server: RunningServer;
let client: CosmosClient;
let items: Container;

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'cosmos-test-'));
  server = await startCosmos({ port: 0, state, key });
  client = new CosmosClient({ endpoint: server.endpoint, key, consistencyLevel: 'Session' });
  const { database } = await client.databases.createIfNotExists({ id: 'd' });
  const { container } = await database.containers.createIfNotExists({
    id: 'items',
    partitionKey: { paths: ['/partition'] },
    defaultTtl: -1,
    indexingPolicy: {
      includedPaths: [{ path: '/kind/?' }, { path: '/n/?' }, { path: '/search/[]/?' }],
      excludedPaths: [{ path: '/*' }],
    },
  });
  items = container;
});
after(async () => {
  client.dispose();
  await server.close();
  rmSync(state, { recursive: true, force: true });
});

const status = async (work: Promise<unknown>): Promise<number> =>
  work.then(
    () => 200,
    (error: unknown) => (error instanceof ErrorResponse ? Number(error.code) : Promise.reject(error)),
  );

test('an item is created, read, replaced and deleted', async () => {
  const { resource, etag } = await items.items.create({ id: '1', partition: 'a', kind: 'x' });
  assert.equal(resource?.id, '1');
  const read = await items.item('1', 'a').read();
  assert.equal(read.etag, etag);
  assert.equal(read.resource._etag, etag);
  await items.item('1', 'a').replace({ id: '1', partition: 'a', kind: 'y' });
  assert.equal((await items.item('1', 'a').read()).resource.kind, 'y');
  await items.item('1', 'a').delete();
  assert.equal((await items.item('1', 'a').read()).statusCode, 404);
});

test('a second create of the same id is a conflict, in its partition only', async () => {
  await items.items.create({ id: 'same', partition: 'a' });
  assert.equal(await status(items.items.create({ id: 'same', partition: 'a' })), 409);
  assert.equal(await status(items.items.create({ id: 'same', partition: 'b' })), 200);
});

test('If-Match lets only one of two writers win', async () => {
  const { etag = '' } = await items.items.create({ id: 'race', partition: 'a', n: 0 });
  const write = (n: number) =>
    items
      .item('race', 'a')
      .replace({ id: 'race', partition: 'a', n }, { accessCondition: { type: 'IfMatch', condition: etag } });
  const outcomes = await Promise.all([status(write(1)), status(write(2))]);
  assert.deepEqual(outcomes.sort(), [200, 412]);
});

test('If-None-Match answers 304 for what is unchanged', async () => {
  const { etag = '' } = await items.items.create({ id: 'seen', partition: 'a' });
  const read = await items.item('seen', 'a').read({ accessCondition: { type: 'IfNoneMatch', condition: etag } });
  assert.equal(read.statusCode, 304);
});

test('a batch is done wholly or not at all', async () => {
  const response = await items.items.batch(
    [
      { operationType: BulkOperationType.Create, resourceBody: { id: 'b1', partition: 'batch' } },
      { operationType: BulkOperationType.Create, resourceBody: { id: 'b1', partition: 'batch' } },
    ],
    'batch',
  );
  assert.equal(response.code, 207);
  assert.deepEqual(
    response.result?.map(({ statusCode }) => statusCode),
    [424, 409],
  );
  assert.equal((await items.item('b1', 'batch').read()).statusCode, 404);
  const good = await items.items.batch(
    [
      { operationType: BulkOperationType.Create, resourceBody: { id: 'b1', partition: 'batch', n: 1 } },
      {
        operationType: BulkOperationType.Patch,
        id: 'b1',
        resourceBody: { operations: [{ op: PatchOperationType.incr, path: '/n', value: 2 }] },
      },
      { operationType: BulkOperationType.Read, id: 'b1' },
    ],
    'batch',
  );
  assert.equal(good.code, 200);
  assert.equal(good.result?.[2]?.resourceBody?.['n'], 3);
});

test('a query in one partition sees no other partition', async () => {
  for (const partition of ['q1', 'q2'])
    await items.items.create({ id: 'q', partition, kind: 'queried', search: ['t1', partition] });
  const inOne = await items.items
    .query(
      { query: 'SELECT * FROM c WHERE c.kind = @k', parameters: [{ name: '@k', value: 'queried' }] },
      { partitionKey: 'q1' },
    )
    .fetchAll();
  assert.deepEqual(
    inOne.resources.map(({ partition }) => partition),
    ['q1'],
  );
  const across = await items.items
    .query("SELECT VALUE c.partition FROM c WHERE ARRAY_CONTAINS(c.search, 't1') AND c.kind = 'queried'")
    .fetchAll();
  assert.deepEqual(across.resources.sort(), ['q1', 'q2']);
});

test('queries know joins, subqueries, order, aggregates, paging and undefined', async () => {
  for (const n of [3, 1, 2])
    await items.items.create({
      id: `n${n}`,
      partition: 'numbers',
      n,
      tags: [{ v: n }, { v: n * 10 }],
      ...(n === 2 ? { extra: null } : {}),
    });
  const ask = async (query: string) =>
    (await items.items.query(query, { partitionKey: 'numbers' }).fetchAll()).resources;
  assert.deepEqual(await ask('SELECT VALUE c.n FROM c ORDER BY c.n DESC'), [3, 2, 1]);
  assert.deepEqual(await ask('SELECT VALUE t.v FROM c JOIN t IN c.tags WHERE c.n = 2'), [2, 20]);
  assert.deepEqual(
    await ask('SELECT VALUE c.n FROM c WHERE EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t.v = 30)'),
    [3],
  );
  assert.deepEqual(await ask('SELECT COUNT(1) AS many, SUM(c.n) AS total FROM c'), [{ many: 3, total: 6 }]);
  assert.deepEqual(await ask('SELECT VALUE c.n FROM c WHERE c.extra = null'), [2]);
  assert.deepEqual(await ask('SELECT VALUE c.n FROM c WHERE NOT IS_DEFINED(c.extra) ORDER BY c.n'), [1, 3]);
  assert.deepEqual(await ask('SELECT VALUE c.n FROM c WHERE c.n BETWEEN 2 AND 3 AND c.n IN (1, 3)'), [3]);
  assert.deepEqual(await ask('SELECT TOP 1 c.n FROM c ORDER BY c.n'), [{ n: 1 }]);
  assert.deepEqual(await ask('SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 1 LIMIT 1'), [2]);
  const pages = items.items.query('SELECT VALUE c.n FROM c', { partitionKey: 'numbers', maxItemCount: 2 });
  assert.equal((await pages.fetchNext()).resources.length, 2);
  assert.equal((await pages.fetchNext()).resources.length, 1);
});

test('a bad query and an unknown function are told, not guessed', async () => {
  const ask = (query: string) => status(items.items.query(query, { partitionKey: 'numbers' }).fetchAll());
  assert.equal(await ask('SELECT * FROM c WHERE'), 400);
  assert.equal(await ask('SELECT VALUE ST_DISTANCE(c.a, c.b) FROM c'), 400);
  assert.equal(await ask('SELECT * FROM c ORDER BY c.a, c.b'), 400);
});

test('the change feed tells every change once, from the beginning and from a continuation', async () => {
  const { container } = await client
    .database('d')
    .containers.createIfNotExists({ id: 'feed', partitionKey: { paths: ['/partition'] } });
  for (const id of ['f1', 'f2']) await container.items.create({ id, partition: 'p' });
  const { ChangeFeedStartFrom } = await import('@azure/cosmos');
  const feed = container.items.getChangeFeedIterator({
    changeFeedStartFrom: ChangeFeedStartFrom.Beginning(),
    maxItemCount: 10,
  });
  const first = await feed.readNext();
  assert.deepEqual(
    first.result.map(({ id }) => id),
    ['f1', 'f2'],
  );
  assert.equal((await feed.readNext()).statusCode, 304);
  await container.items.create({ id: 'f3', partition: 'p' });
  const later = container.items.getChangeFeedIterator({
    changeFeedStartFrom: ChangeFeedStartFrom.Continuation(first.continuationToken),
  });
  assert.deepEqual(
    (await later.readNext()).result.map(({ id }) => id),
    ['f3'],
  );
});

test('an item with a time to live disappears', async () => {
  await items.items.create({ id: 'short', partition: 'ttl', ttl: 1 });
  await new Promise((resolve) => setTimeout(resolve, 2100));
  assert.equal((await items.item('short', 'ttl').read()).statusCode, 404);
  assert.equal(await status(items.items.create({ id: 'short', partition: 'ttl' })), 200);
});

test('a wrong key, an oversized item and an unsupported feature are refused', async () => {
  const stranger = new CosmosClient({ endpoint: server.endpoint, key: Buffer.from('another').toString('base64') });
  assert.equal(await status(stranger.database('d').container('items').item('1', 'a').read()), 401);
  assert.equal(await status(items.items.create({ id: 'big', partition: 'a', text: 'x'.repeat(2_200_000) })), 413);
  assert.equal(await status(items.conflicts.readAll().fetchAll()), 501);
});

test('a lagging replica shows an earlier state, but never to a session that saw the later one', async () => {
  const other = mkdtempSync(join(tmpdir(), 'cosmos-stale-'));
  const lagging = await startCosmos({ port: 0, state: other, key, staleReadsMs: 60_000 });
  const open = () => new CosmosClient({ endpoint: lagging.endpoint, key, consistencyLevel: 'Session' });
  const [writer, reader] = [open(), open()];
  const { database } = await writer.databases.createIfNotExists({ id: 'd' });
  const { container } = await database.containers.createIfNotExists({ id: 'c', partitionKey: { paths: ['/p'] } });
  await container.items.create({ id: '1', p: 'a', n: 1 });
  const seen = reader.database('d').container('c');
  assert.equal((await seen.item('1', 'a').read()).statusCode, 404);
  assert.equal((await container.item('1', 'a').read()).resource.n, 1);
  const primary = await seen.items.batch([{ operationType: BulkOperationType.Read, id: '1' }], 'a');
  assert.equal(primary.result?.[0]?.statusCode, 200);
  for (const one of [writer, reader]) one.dispose();
  await lagging.close();
  rmSync(other, { recursive: true, force: true });
});
