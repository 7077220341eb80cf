import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Container, PartitionKeyBuilder } from '@azure/cosmos';
import { type Account, openAccount, statusOf } from './account.ts';

let account: Account;
let items: Container;
before(async () => {
  account = await openAccount();
  items = await account.container();
});
after(() => account.close());

test('a created item comes back with all that the system adds', async () => {
  const { resource, statusCode, etag, requestCharge } = await items.items.create({
    id: 'new',
    partition: 'a',
    n: [1, null],
  });
  assert.equal(statusCode, 201);
  assert.equal(resource?._etag, etag);
  assert.ok(requestCharge > 1);
  const { resource: read } = await items.item('new', 'a').read();
  assert.deepEqual(read, resource);
  assert.deepEqual(read.n, [1, null]);
  assert.equal(Buffer.from(read._rid.replaceAll('-', '/'), 'base64').length, 16);
  assert.ok(Math.abs(read._ts - Date.now() / 1000) < 60);
});

test('upsert creates, then replaces; replace wants what exists', async () => {
  assert.equal((await items.items.upsert({ id: 'up', partition: 'a', n: 1 })).statusCode, 201);
  assert.equal((await items.items.upsert({ id: 'up', partition: 'a', n: 2 })).statusCode, 200);
  assert.equal((await items.item('up', 'a').read()).resource.n, 2);
  assert.equal(await statusOf(items.item('none', 'a').replace({ id: 'none', partition: 'a' })), '404');
});

test('a deleted item is gone, and its resource id is not given again', async () => {
  const { resource } = await items.items.create({ id: 'gone', partition: 'a' });
  assert.equal((await items.item('gone', 'a').delete()).statusCode, 204);
  assert.equal((await items.item('gone', 'a').read()).statusCode, 404);
  assert.equal(await statusOf(items.item('gone', 'a').delete()), '404');
  const again = await items.items.create({ id: 'gone', partition: 'a' });
  assert.notEqual(again.resource?._rid, resource?._rid);
});

test('every change gives a new etag, and If-Match lets only its holder change the item', async () => {
  const first = (await items.items.create({ id: 'etag', partition: 'a' })).etag;
  const second = (await items.item('etag', 'a').replace({ id: 'etag', partition: 'a', n: 1 })).etag;
  assert.notEqual(first, second);
  const stale = { accessCondition: { type: 'IfMatch', condition: first } };
  assert.equal(await statusOf(items.item('etag', 'a').replace({ id: 'etag', partition: 'a' }, stale)), '412');
  assert.equal(await statusOf(items.items.upsert({ id: 'etag', partition: 'a' }, stale)), '412');
  assert.equal(await statusOf(items.item('etag', 'a').patch([{ op: 'set', path: '/n', value: 2 }], stale)), '412');
  assert.equal(await statusOf(items.item('etag', 'a').delete(stale)), '412');
  const held = { accessCondition: { type: 'IfMatch', condition: second } };
  assert.equal((await items.item('etag', 'a').delete(held)).statusCode, 204);
});

test('keys of every kind keep their items apart', async () => {
  const keys = ['1', 1, 1.5, true, false, null, undefined, ''];
  for (const [n, partition] of keys.entries())
    await items.items.create({ id: 'kind', n, ...(partition === undefined ? {} : { partition }) });
  for (const [n, partition] of keys.entries()) {
    const { resource } = await items.item('kind', partition).read();
    assert.equal(resource.n, n);
  }
});

test('a hierarchical key is one key, missing levels included', async () => {
  const tree = await account.container({
    partitionKey: { paths: ['/trust', '/ward', '/bed'], kind: 'MultiHash', version: 2 } as never,
  });
  const key = (...parts: (string | undefined)[]) => {
    const builder = new PartitionKeyBuilder();
    for (const part of parts) part === undefined ? builder.addNoneValue() : builder.addValue(part);
    return builder.build();
  };
  await tree.items.create({ id: '1', trust: 't', ward: 'w', bed: 'b1' });
  await tree.items.create({ id: '1', trust: 't', ward: 'w', bed: 'b2' });
  await tree.items.create({ id: '1', trust: 't', ward: 'w' });
  await tree.items.create({ id: '1', trust: 'tt', ward: 'w', bed: 'b1' });
  assert.equal((await tree.item('1', key('t', 'w', 'b2')).read()).resource.bed, 'b2');
  assert.equal((await tree.item('1', key('t', 'w', undefined)).read()).resource.bed, undefined);
  const ward = await tree.items.query('SELECT VALUE c.bed FROM c', { partitionKey: key('t', 'w') }).fetchAll();
  assert.deepEqual(ward.resources.sort(), ['b1', 'b2']);
  const trust = await tree.items.query('SELECT VALUE COUNT(1) FROM c', { partitionKey: key('t') }).fetchAll();
  assert.deepEqual(trust.resources, [3]);
});

test('what the service refuses is refused with its status', async () => {
  const create = (item: object, options?: object) => statusOf(items.items.create(item, options));
  assert.equal(await create({ partition: 'a', id: 'x'.repeat(1024) }), '400');
  assert.equal(await create({ partition: 'x'.repeat(2049), id: 'long-key' }), '400');
  assert.equal(await create({ partition: 'a', id: 'big', text: 'x'.repeat(2 * 1024 * 1024) }), '413');
  let deep: unknown = 1;
  for (let level = 0; level < 130; level++) deep = { deep };
  assert.equal(await create({ partition: 'a', id: 'deep', deep }), '400');
  assert.equal((await items.item('deep', 'a').read()).statusCode, 404);
});

test('an item just under the limit of 2 MB is taken, one just above it is not', async () => {
  const item = (bytes: number) => ({ id: 'limit', partition: 'limit', text: 'x'.repeat(bytes) });
  assert.equal((await items.items.create(item(2 * 1024 * 1024 - 1024))).statusCode, 201);
  assert.equal(await statusOf(items.items.upsert(item(2 * 1024 * 1024 - 10))), '413');
  assert.equal((await items.item('limit', 'limit').read()).resource.text.length, 2 * 1024 * 1024 - 1024);
});

test('ids may hold spaces, percent signs and any letters', async () => {
  for (const id of ['with space', '100%', 'Größe', '患者', "it's", 'a+b=c&d']) {
    await items.items.create({ id, partition: 'names' });
    assert.equal((await items.item(id, 'names').read()).resource?.id, id, id);
  }
});

test('deleting by partition key takes all of it and nothing else', async () => {
  for (const id of ['1', '2', '3']) await items.items.create({ id, partition: 'whole' });
  await items.items.create({ id: '1', partition: 'other' });
  await items.deleteAllItemsForPartitionKey('whole');
  const left = await items.items.query("SELECT VALUE c.id FROM c WHERE c.partition IN ('whole', 'other')").fetchAll();
  assert.deepEqual(left.resources, ['1']);
});
