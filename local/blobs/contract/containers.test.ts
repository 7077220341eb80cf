import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { ContainerClient } from '@azure/storage-blob';
import { all, openAccount, refusalOf, type TestAccount } from './account.ts';

let account: TestAccount;
let container: ContainerClient;
const names = ['a.txt', 'wards/J09/1', 'wards/J09/2', 'wards/J10/1', 'wards/list', 'wards-old', 'z & <ü>'];
before(async () => {
  account = await openAccount();
  container = await account.container();
  for (const name of names)
    await container.getBlockBlobClient(name).upload(name, Buffer.byteLength(name), { metadata: { of: 'list' } });
});
after(() => account.close());

test('a container is made once, shown, given metadata, and deleted with all that it holds', async () => {
  const one = account.service.getContainerClient(`contract-${randomUUID()}`);
  assert.equal(await refusalOf(one.getProperties()), '404 ContainerNotFound');
  assert.equal(await refusalOf(one.getBlockBlobClient('x').upload('x', 1)), '404 ContainerNotFound');
  await one.create({ metadata: { trust: 'RR8' } });
  assert.equal(await refusalOf(one.create()), '409 ContainerAlreadyExists');
  assert.equal((await one.createIfNotExists()).succeeded, false);
  assert.deepEqual({ ...(await one.getProperties()).metadata }, { trust: 'RR8' });
  await one.setMetadata({ trust: 'RXF' });
  const shown = await one.getProperties();
  assert.deepEqual(
    [shown.metadata?.['trust'], shown.hasImmutabilityPolicy, shown.leaseState],
    ['RXF', false, 'available'],
  );
  await one.getBlockBlobClient('x').upload('x', 1);
  await one.delete();
  assert.equal(await one.exists(), false);
});

test('names of containers follow the service’s rules', async () => {
  for (const name of ['ab', 'Upper', 'two--hyphens', '-first', 'last-', 'under_score', 'x'.repeat(64)])
    assert.match(
      await refusalOf(account.service.getContainerClient(name).create()),
      /^400 (InvalidResourceName|OutOfRangeInput)/,
      name,
    );
});

test('containers are listed by prefix, in pages, with metadata where it is asked for', async () => {
  const run = `contract-${randomUUID().slice(0, 8)}`;
  for (const name of ['a', 'b', 'c']) await account.service.createContainer(`${run}-${name}`, { metadata: { name } });
  const pages: string[][] = [];
  for await (const page of account.service.listContainers({ prefix: run }).byPage({ maxPageSize: 2 }))
    pages.push(page.containerItems.map(({ name }) => name.slice(run.length + 1)));
  assert.deepEqual(pages, [['a', 'b'], ['c']]);
  const [first] = await all(account.service.listContainers({ prefix: run, includeMetadata: true }));
  assert.deepEqual({ ...first?.metadata }, { name: 'a' });
  for (const name of ['a', 'b', 'c']) await account.service.deleteContainer(`${run}-${name}`);
});

test('blobs are listed in the order of their names, by prefix, in pages', async () => {
  assert.deepEqual(
    (await all(container.listBlobsFlat())).map(({ name }) => name),
    [...names].sort(),
  );
  const pages: number[] = [];
  const found: string[] = [];
  for await (const page of container.listBlobsFlat({ prefix: 'wards' }).byPage({ maxPageSize: 2 })) {
    pages.push(page.segment.blobItems.length);
    found.push(...page.segment.blobItems.map(({ name }) => name));
  }
  assert.deepEqual(pages, [2, 2, 1]);
  assert.deepEqual(found, names.filter((name) => name.startsWith('wards')).sort());
  assert.deepEqual(await all(container.listBlobsFlat({ prefix: 'nothing' })), []);
});

test('a list shows properties, and metadata and tags where they are asked for', async () => {
  await container.getBlobClient('a.txt').setTags({ state: 'new' });
  const [plain] = await all(container.listBlobsFlat({ prefix: 'a.txt' }));
  assert.equal(plain?.metadata, undefined);
  assert.deepEqual(
    [plain?.properties.contentLength, plain?.properties.blobType, plain?.properties.leaseState],
    [5, 'BlockBlob', 'available'],
  );
  const bare = (etag: string | undefined): string | undefined => etag?.replaceAll('"', '');
  const { etag } = await container.getBlobClient('a.txt').getProperties();
  assert.equal(bare(plain?.properties.etag), bare(etag));
  const [whole] = await all(container.listBlobsFlat({ prefix: 'a.txt', includeMetadata: true, includeTags: true }));
  assert.deepEqual([{ ...whole?.metadata }, { ...whole?.tags }], [{ of: 'list' }, { state: 'new' }]);
});

test('with a delimiter, what lies deeper is told once', async () => {
  const shown = async (prefix: string, size: number): Promise<string[][]> => {
    const pages: string[][] = [];
    for await (const { segment } of container.listBlobsByHierarchy('/', { prefix }).byPage({ maxPageSize: size }))
      pages.push([...(segment.blobPrefixes ?? []), ...segment.blobItems].map(({ name }) => name));
    return pages;
  };
  assert.deepEqual(await shown('wards/', 100), [['wards/J09/', 'wards/J10/', 'wards/list']]);
  assert.deepEqual((await shown('', 2)).flat().sort(), ['a.txt', 'wards/', 'wards-old', 'z & <ü>'].sort());
  assert.deepEqual(await shown('wards/', 1), [['wards/J09/'], ['wards/J10/'], ['wards/list']]);
});

test('blobs that are nothing but waiting blocks are listed when they are asked for', async () => {
  const other = await account.container();
  await other.getBlockBlobClient('waiting').stageBlock(Buffer.from('a').toString('base64'), 'x', 1);
  await other.getBlockBlobClient('whole').upload('x', 1);
  const listed = async (includeUncommitedBlobs: boolean): Promise<string[]> =>
    (await all(other.listBlobsFlat({ includeUncommitedBlobs }))).map(({ name }) => name);
  assert.deepEqual(await listed(false), ['whole']);
  assert.deepEqual(await listed(true), ['waiting', 'whole']);
});

test('stored access policies are kept as they were given', async () => {
  const other = await account.container();
  const [startsOn, expiresOn] = [new Date('2026-01-01T00:00:00Z'), new Date('2036-01-01T00:00:00Z')];
  await other.setAccessPolicy(undefined, [{ id: 'readers', accessPolicy: { startsOn, expiresOn, permissions: 'rl' } }]);
  const { signedIdentifiers } = await other.getAccessPolicy();
  assert.deepEqual(
    signedIdentifiers.map(({ id, accessPolicy }) => [id, accessPolicy?.permissions, accessPolicy?.expiresOn]),
    [['readers', 'rl', expiresOn]],
  );
  assert.equal(await refusalOf(other.setAccessPolicy('blob')), '409 PublicAccessNotPermitted');
});

test('the account tells what it is', async () => {
  assert.ok((await account.service.getAccountInfo()).skuName);
  assert.ok((await account.service.getProperties()).blobAnalyticsLogging);
});
