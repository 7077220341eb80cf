import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Account, openAccount, statusOf } from './account.ts';

let account: Account;
before(async () => {
  account = await openAccount();
});
after(() => account.close());

test('databases are created once, found by listing and by query, and deleted with all they hold', async () => {
  const { client } = account;
  const id = `${account.database.id}-second`;
  const { database, resource } = await client.databases.create({ id });
  assert.equal(Buffer.from(resource?._rid.replaceAll('-', '/') ?? '', 'base64').length, 4);
  assert.equal(await statusOf(client.databases.create({ id })), '409');
  const all = await client.databases.readAll().fetchAll();
  assert.ok(all.resources.some((one) => one.id === id));
  const query = { query: 'SELECT * FROM root r WHERE r.id = @id', parameters: [{ name: '@id', value: id }] };
  const found = await client.databases.query(query).fetchAll();
  assert.deepEqual(
    found.resources.map((one) => (one as { id: string }).id),
    [id],
  );
  await database.containers.create({ id: 'c', partitionKey: { paths: ['/p'] } });
  await database.delete();
  assert.equal(await statusOf(database.read()), '404');
  assert.match(await statusOf(database.container('c').items.create({ id: '1', p: 'a' })), /^404/);
  const again = await client.databases.create({ id });
  assert.deepEqual((await again.database.containers.readAll().fetchAll()).resources, []);
  assert.notEqual(again.resource?._rid, resource?._rid);
  await again.database.delete();
});

test('a container keeps its definition, and gets what it leaves out', async () => {
  const given = {
    id: 'defined',
    partitionKey: { paths: ['/a/b'], kind: 'Hash', version: 2 },
    defaultTtl: 100,
    uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/x', '/y'] }] },
    indexingPolicy: {
      indexingMode: 'consistent' as const,
      automatic: true,
      includedPaths: [{ path: '/x/?' }],
      excludedPaths: [{ path: '/*' }],
      compositeIndexes: [
        [
          { path: '/x', order: 'ascending' as const },
          { path: '/y', order: 'descending' as const },
        ],
      ],
    },
  };
  await account.database.containers.create(given as never);
  const { resource } = await account.database.container('defined').read();
  for (const [name, value] of Object.entries(given)) {
    if (!account.inAzure || name !== 'indexingPolicy') assert.deepEqual((resource as never)[name], value, name);
  }
  const plain = (await (await account.container()).read()).resource;
  assert.deepEqual(
    plain?.indexingPolicy?.includedPaths?.map(({ path }) => path),
    ['/*'],
  );
  assert.equal(plain?.conflictResolutionPolicy?.mode, 'LastWriterWins');
  assert.equal(Buffer.from(plain?._rid.replaceAll('-', '/') ?? '', 'base64').length, 8);
});

test('a bad definition is refused', async () => {
  const create = (definition: object) =>
    statusOf(
      account.database.containers.create({ id: 'bad', partitionKey: { paths: ['/p'] }, ...definition } as never),
    );
  assert.equal(await create({ defaultTtl: 0 }), '400');
  assert.equal(await create({ indexingPolicy: { includedPaths: [{ path: '/a/?' }] } }), '400');
  assert.equal(await create({ indexingPolicy: { includedPaths: [{ path: '/*' }, { path: 'a' }] } }), '400');
  assert.equal(
    await create({ uniqueKeyPolicy: { uniqueKeys: Array.from({ length: 11 }, (_, n) => ({ paths: [`/u${n}`] })) } }),
    '400',
  );
  assert.equal(
    await create({ partitionKey: { paths: ['/a', '/b', '/c', '/d'], kind: 'MultiHash', version: 2 } }),
    '400',
  );
  assert.equal(await statusOf(account.database.container('bad').read()), '404');
});

test('a container is replaced, but never its keys', async () => {
  const container = await account.container({ uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/u'] }] } });
  const { resource } = await container.read();
  const definition = {
    id: container.id,
    partitionKey: resource?.partitionKey,
    uniqueKeyPolicy: resource?.uniqueKeyPolicy,
  };
  const replaced = await container.replace({ ...definition, defaultTtl: 60 } as never);
  assert.equal(replaced.resource?.defaultTtl, 60);
  assert.notEqual(replaced.resource?._etag, resource?._etag);
  assert.equal(
    await statusOf(container.replace({ ...definition, partitionKey: { paths: ['/other'] } } as never)),
    '400',
  );
  assert.equal(
    await statusOf(container.replace({ ...definition, uniqueKeyPolicy: { uniqueKeys: [] } } as never)),
    '400',
  );
});

test('an item of a deleted container is told apart from a missing item', async () => {
  const container = await account.container();
  await container.items.create({ id: '1', partition: 'a' });
  await container.delete();
  assert.equal(await statusOf(container.read()), '404');
  assert.equal(await statusOf(container.items.create({ id: '2', partition: 'a' })), '404/1003');
});

test('unique keys hold in a partition, count what is missing as null, and end with their item', async () => {
  const container = await account.container({
    defaultTtl: -1,
    uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/a', '/b'] }, { paths: ['/c'] }] },
  });
  const create = (item: object) => container.items.create({ partition: 'p', ...item });
  await create({ id: '1', a: 1, b: 1, c: 'x' });
  await create({ id: '2', a: 1, b: 2, c: 'y' });
  assert.equal(await statusOf(create({ id: '3', a: 1, b: 1, c: 'z' })), '409');
  assert.equal(await statusOf(create({ id: '3', a: 9, b: 9, c: 'x' })), '409');
  assert.equal(
    await statusOf(container.item('2', 'p').replace({ id: '2', partition: 'p', a: 1, b: 1, c: 'y' })),
    '409',
  );
  assert.equal((await container.item('2', 'p').read()).resource.b, 2);
  await create({ id: '3', partition: 'q', a: 1, b: 1, c: 'x' });
  await create({ id: '4' });
  assert.equal(await statusOf(create({ id: '5' })), '409');
  await container.item('1', 'p').delete();
  await create({ id: '6', a: 1, b: 1, c: 'x' });
});

test('the usage of a container tells how many items it holds', async () => {
  const container = await account.container();
  for (const id of ['1', '2']) await container.items.create({ id, partition: 'p' });
  const { headers } = await container.read({ populateQuotaInfo: true });
  if (account.inAzure) return;
  assert.match(String(headers['x-ms-resource-usage']), /documentsCount=2;/);
});

test('throughput is read and replaced as an offer', async () => {
  const container = await account.container({ throughput: 1000 });
  const { resource, offer } = await container.readOffer();
  assert.equal(resource?.content?.offerThroughput, 1000);
  if (resource?.content === undefined || offer === undefined) throw new Error('There is no offer.');
  await offer.replace({ ...resource, content: { ...resource.content, offerThroughput: 500 } } as never);
  assert.equal((await container.readOffer()).resource?.content?.offerThroughput, 500);
  const tooLittle = { ...resource, content: { ...resource.content, offerThroughput: 5 } };
  assert.equal(await statusOf(offer.replace(tooLittle as never)), '400');
  const scaled = await account.container({ maxThroughput: 4000 });
  const content = (await scaled.readOffer()).resource?.content as unknown as {
    offerAutopilotSettings: { maxThroughput: number };
  };
  assert.equal(content.offerAutopilotSettings.maxThroughput, 4000);
});
