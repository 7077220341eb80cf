import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Container, BulkOperationType as Op, type OperationInput } from '@azure/cosmos';
import { type Account, openAccount, statusOf } from './account.ts';

let account: Account;
let items: Container;
before(async () => {
  account = await openAccount();
  items = await account.container({ uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/unique'] }] } });
});
after(() => account.close());

const create = (id: string, more: object = {}): OperationInput => ({
  operationType: Op.Create,
  resourceBody: { id, partition: 'p', unique: id, ...more },
});
const codes = async (operations: OperationInput[]): Promise<number[]> =>
  ((await items.items.batch(operations, 'p')).result ?? []).map(({ statusCode }) => statusCode);

test('a batch is answered operation by operation, each with its own status', async () => {
  const { etag = '' } = await items.items.create({ id: 'b0', partition: 'p', unique: 'b0' });
  const { code, result } = await items.items.batch(
    [
      create('b1'),
      { operationType: Op.Read, id: 'b1' },
      { operationType: Op.Upsert, resourceBody: { id: 'b2', partition: 'p', unique: 'b2' } },
      { operationType: Op.Upsert, resourceBody: { id: 'b2', partition: 'p', unique: 'b2', n: 1 } },
      {
        operationType: Op.Replace,
        id: 'b0',
        ifMatch: etag,
        resourceBody: { id: 'b0', partition: 'p', unique: 'b0', n: 5 },
      },
      { operationType: Op.Patch, id: 'b0', resourceBody: { operations: [{ op: 'incr', path: '/n', value: 1 }] } },
      { operationType: Op.Delete, id: 'b1' },
    ],
    'p',
  );
  assert.equal(code, 200);
  assert.deepEqual(
    result?.map(({ statusCode }) => statusCode),
    [201, 200, 201, 200, 200, 200, 204],
  );
  assert.equal(result?.[5]?.resourceBody?.['n'], 6);
  assert.equal((await items.item('b1', 'p').read()).statusCode, 404);
});

test('one failure undoes everything: it has its status, the others 424', async () => {
  await items.items.create({ id: 'held', partition: 'p', unique: 'held' });
  const before = await items.item('held', 'p').read();
  assert.deepEqual(await codes([create('u1'), create('held'), create('u2')]), [424, 409, 424]);
  assert.deepEqual(await codes([create('u1'), create('u2', { unique: 'held' })]), [424, 409]);
  assert.deepEqual(
    await codes([
      { operationType: Op.Delete, id: 'held' },
      { operationType: Op.Delete, id: 'nobody' },
    ]),
    [424, 404],
  );
  assert.deepEqual(
    await codes([
      create('u1'),
      { operationType: Op.Replace, id: 'held', ifMatch: '"other"', resourceBody: { id: 'held', partition: 'p' } },
    ]),
    [424, 412],
  );
  assert.deepEqual(
    await codes([create('u1'), { operationType: Op.Create, resourceBody: { id: 'u9', partition: 'q', unique: 'u9' } }]),
    [424, 400],
  );
  assert.equal((await items.item('u1', 'p').read()).statusCode, 404);
  assert.equal((await items.item('held', 'p').read()).etag, before.etag);
});

test('a hundred operations and 2 MB are the limit', async () => {
  const many = (count: number): OperationInput[] => Array.from({ length: count }, (_, n) => create(`many${n}`));
  assert.equal(
    (await codes(many(100))).every((code) => code === 201),
    true,
  );
  const large = Array.from({ length: 3 }, (_, n) => create(`large${n}`, { text: 'x'.repeat(800_000) }));
  assert.equal(await statusOf(items.items.batch(large, 'p')), '413');
  assert.equal((await items.item('large0', 'p').read()).statusCode, 404);
});

test('bulk does each operation for itself, in any partition', async () => {
  const results = await items.items.executeBulkOperations([
    { operationType: Op.Create, partitionKey: 'x', resourceBody: { id: '1', partition: 'x', unique: 1 } },
    { operationType: Op.Create, partitionKey: 'y', resourceBody: { id: '1', partition: 'y', unique: 1 } },
    { operationType: Op.Create, partitionKey: 'x', resourceBody: { id: '2', partition: 'x', unique: 1 } },
    { operationType: Op.Delete, partitionKey: 'x', id: 'nobody' },
    { operationType: Op.Read, partitionKey: 'y', id: '1' },
  ]);
  const statuses = results.map(({ response, error }) => response?.statusCode ?? Number(error?.code));
  assert.deepEqual(statuses.slice(0, 4), [201, 201, 409, 404]);
  assert.equal((await items.item('1', 'y').read()).statusCode, 200);
});

test('a thousand items go in in bulk and are all there', async () => {
  const results = await items.items.executeBulkOperations(
    Array.from({ length: 1000 }, (_, n) => ({
      operationType: Op.Create,
      partitionKey: `bulk${n % 10}`,
      resourceBody: { id: String(n), partition: `bulk${n % 10}`, unique: n },
    })),
  );
  assert.equal(
    results.every(({ response }) => response?.statusCode === 201),
    true,
  );
  const { resources } = await items.items
    .query("SELECT VALUE COUNT(1) FROM c WHERE STARTSWITH(c.partition, 'bulk')")
    .fetchAll();
  assert.deepEqual(resources, [1000]);
});
