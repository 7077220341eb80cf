import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { ContainerClient } from '@azure/storage-blob';
import { openAccount, refusalOf, type TestAccount } from './account.ts';

let account: TestAccount;
let container: ContainerClient;
before(async () => {
  account = await openAccount();
  container = await account.container();
});
after(() => account.close());

const put = async (name: string, text: string) => {
  const blob = container.getBlockBlobClient(name);
  await blob.upload(text, Buffer.byteLength(text));
  return blob;
};
const textOf = async (name: string): Promise<string> =>
  (await container.getBlobClient(name).downloadToBuffer()).toString();

test('a blob is what was uploaded, with its properties and metadata', async () => {
  const blob = container.getBlockBlobClient('ward/J09/Grüße & <more>.json');
  const content = '{"bed":"Ä1"}';
  const uploaded = await blob.upload(content, Buffer.byteLength(content), {
    blobHTTPHeaders: {
      blobContentType: 'application/json',
      blobContentEncoding: 'identity',
      blobContentLanguage: 'en-GB',
      blobContentDisposition: 'attachment',
      blobCacheControl: 'no-store',
    },
    metadata: { trust: 'RR8', ward_name: 'a b  c' },
  });
  const md5 = createHash('md5').update(content).digest();
  assert.deepEqual(Buffer.from(uploaded.contentMD5 ?? []), md5);
  const properties = await blob.getProperties();
  assert.equal(properties.etag, uploaded.etag);
  assert.equal(properties.contentType, 'application/json');
  assert.equal(properties.contentEncoding, 'identity');
  assert.equal(properties.contentLanguage, 'en-GB');
  assert.equal(properties.contentDisposition, 'attachment');
  assert.equal(properties.cacheControl, 'no-store');
  assert.equal(properties.contentLength, Buffer.byteLength(content));
  assert.equal(properties.blobType, 'BlockBlob');
  assert.equal(properties.accessTier, 'Hot');
  assert.deepEqual(Buffer.from(properties.contentMD5 ?? []), md5);
  assert.deepEqual({ ...properties.metadata }, { trust: 'RR8', ward_name: 'a b  c' });
  assert.ok(Math.abs(Number(properties.createdOn) - Date.now()) < 60_000);
  assert.equal(await textOf(blob.name), content);
});

test('an empty blob, and a blob of no type, are blobs', async () => {
  const blob = container.getBlockBlobClient('empty');
  await blob.upload('', 0);
  assert.equal((await blob.getProperties()).contentLength, 0);
  assert.equal((await blob.getProperties()).contentType, 'application/octet-stream');
  assert.equal((await blob.download()).contentLength, 0);
  assert.equal(await refusalOf(blob.download(0, 1)), '416 InvalidRange');
});

test('ranges are cut as they are asked for, with their MD5', async () => {
  const bytes = randomBytes(700_000);
  const blob = container.getBlockBlobClient('ranges');
  await blob.uploadData(bytes);
  assert.deepEqual(await blob.downloadToBuffer(), bytes);
  assert.deepEqual(await blob.downloadToBuffer(123_456, 345_678), bytes.subarray(123_456, 123_456 + 345_678));
  const part = await blob.download(699_990, 500, { rangeGetContentMD5: true });
  assert.equal(part.contentRange, 'bytes 699990-699999/700000');
  assert.deepEqual(Buffer.from(part.contentMD5 ?? []), createHash('md5').update(bytes.subarray(699_990)).digest());
  assert.equal(await refusalOf(blob.download(700_000)), '416 InvalidRange');
});

test('large blobs go up in blocks and come down as they were', async () => {
  const bytes = randomBytes(9_000_000);
  const blob = container.getBlockBlobClient('large');
  await blob.uploadData(bytes, { maxSingleShotSize: 1_000_000, blockSize: 1_000_000, concurrency: 4 });
  const { committedBlocks, uncommittedBlocks } = await blob.getBlockList('all');
  assert.equal(committedBlocks?.length, 9);
  assert.equal(uncommittedBlocks?.length ?? 0, 0);
  assert.deepEqual(await blob.downloadToBuffer(), bytes);
  assert.deepEqual(await blob.downloadToBuffer(999_990, 1_000_020), bytes.subarray(999_990, 2_000_010));
});

test('blocks wait until a list names them, and are taken from where it says', async () => {
  const blob = container.getBlockBlobClient('blocks');
  const id = (text: string): string => Buffer.from(text).toString('base64');
  await blob.stageBlock(id('a'), 'one', 3);
  await blob.stageBlock(id('b'), 'two', 3);
  assert.equal(await refusalOf(blob.getProperties()), '404 BlobNotFound');
  assert.deepEqual(
    (await blob.getBlockList('uncommitted')).uncommittedBlocks?.map(({ name, size }) => [name, size]),
    [
      [id('a'), 3],
      [id('b'), 3],
    ],
  );
  await blob.commitBlockList([id('b'), id('a'), id('b')], { metadata: { made: 'of-blocks' } });
  assert.equal(await textOf('blocks'), 'twoonetwo');
  assert.deepEqual((await blob.getProperties()).metadata, { made: 'of-blocks' });
  await blob.stageBlock(id('c'), '!', 1);
  await blob.commitBlockList([id('a'), id('c')]);
  assert.equal(await textOf('blocks'), 'one!');
  assert.equal(await refusalOf(blob.commitBlockList([id('b')])), '400 InvalidBlockList');
  assert.equal(await textOf('blocks'), 'one!');
  await blob.stageBlock(id('d'), 'lost', 4);
  await blob.upload('new', 3);
  assert.equal(await refusalOf(blob.commitBlockList([id('d')])), '400 InvalidBlockList');
  assert.equal(await textOf('blocks'), 'new');
  await blob.stageBlock(id('e'), 'x', 1);
  assert.equal(await refusalOf(blob.stageBlock(id('longer'), 'x', 1)), '400 InvalidBlobOrBlock');
});

test('a blob in another’s place has nothing of it, and the old one is gone', async () => {
  const blob = container.getBlockBlobClient('replaced');
  await blob.upload('first', 5, { metadata: { a: '1' }, tags: { b: '2' } });
  const { createdOn, etag } = await blob.getProperties();
  await blob.upload('second', 6);
  const properties = await blob.getProperties();
  assert.notEqual(properties.etag, etag);
  assert.deepEqual(properties.createdOn, createdOn);
  assert.deepEqual({ ...properties.metadata }, {});
  assert.equal(properties.tagCount, undefined);
  assert.equal(await textOf('replaced'), 'second');
  await blob.delete();
  assert.equal(await refusalOf(blob.delete()), '404 BlobNotFound');
  assert.equal(await blob.exists(), false);
  assert.equal((await blob.deleteIfExists()).succeeded, false);
});

test('properties, metadata, tier and tags are set without the content', async () => {
  const blob = await put('settings', 'content');
  const { etag } = await blob.getProperties();
  await blob.setHTTPHeaders({ blobContentType: 'text/plain', blobContentLanguage: 'cy' });
  await blob.setMetadata({ ward: 'J09' });
  await blob.setAccessTier('Cool');
  await blob.setTags({ state: 'sealed', 'a b': 'c/d' });
  const properties = await blob.getProperties();
  assert.notEqual(properties.etag, etag);
  assert.deepEqual(
    [properties.contentType, properties.contentLanguage, properties.accessTier, properties.tagCount],
    ['text/plain', 'cy', 'Cool', 2],
  );
  assert.deepEqual({ ...properties.metadata }, { ward: 'J09' });
  assert.deepEqual({ ...(await blob.getTags()).tags }, { state: 'sealed', 'a b': 'c/d' });
  assert.equal(await textOf('settings'), 'content');
  assert.equal(await refusalOf(blob.setTags({ ü: '1' })), '400 InvalidTag');
});

test('conditions on ETag and time hold for reads and writes', async () => {
  const blob = container.getBlockBlobClient('conditions');
  const upload = (text: string, conditions: object) => blob.upload(text, Buffer.byteLength(text), { conditions });
  assert.equal(await refusalOf(upload('x', { ifMatch: '"0x8D0000000000000"' })), '412 ConditionNotMet');
  const { etag: first } = await upload('one', { ifNoneMatch: '*' });
  assert.equal(await refusalOf(upload('two', { ifNoneMatch: '*' })), '409 BlobAlreadyExists');
  const { etag: second } = await upload('two', { ifMatch: String(first) });
  assert.equal(await refusalOf(upload('three', { ifMatch: String(first) })), '412 ConditionNotMet');
  assert.equal(await refusalOf(blob.delete({ conditions: { ifNoneMatch: String(second) } })), '412 ConditionNotMet');
  const notModified = refusalOf(blob.download(0, undefined, { conditions: { ifNoneMatch: String(second) } }));
  assert.match(await notModified, /^304/);
  assert.equal(
    await refusalOf(blob.download(0, undefined, { conditions: { ifMatch: String(first) } })),
    '412 ConditionNotMet',
  );
  const [past, future] = [new Date(Date.now() - 3600_000), new Date(Date.now() + 3600_000)];
  assert.equal(
    await refusalOf(blob.setMetadata({}, { conditions: { ifUnmodifiedSince: past } })),
    '412 ConditionNotMet',
  );
  assert.equal(
    await refusalOf(blob.setMetadata({}, { conditions: { ifModifiedSince: future } })),
    '412 ConditionNotMet',
  );
  assert.match(await refusalOf(blob.getProperties({ conditions: { ifModifiedSince: future } })), /^304/);
  assert.equal(await textOf('conditions'), 'two');
});

test('of many who create the same blob at once, one does', async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const blob = container.getBlockBlobClient('contested');
      try {
        await blob.upload(String(index), String(index).length, { conditions: { ifNoneMatch: '*' } });
        return index;
      } catch {
        return undefined;
      }
    }),
  );
  const winners = outcomes.filter((one) => one !== undefined);
  assert.equal(winners.length, 1);
  assert.equal(await textOf('contested'), String(winners[0]));
});

test('an append blob grows at its end, where its caller thinks that is, until it is sealed', async () => {
  const blob = container.getAppendBlobClient('log');
  await blob.create({ metadata: { kind: 'log' } });
  const first = await blob.appendBlock('one\n', 4);
  assert.equal(first.blobAppendOffset, '0');
  const second = await blob.appendBlock('two\n', 4, { conditions: { appendPosition: 4 } });
  assert.equal(second.blobCommittedBlockCount, 2);
  const late = blob.appendBlock('x', 1, { conditions: { appendPosition: 4 } });
  assert.equal(await refusalOf(late), '412 AppendPositionConditionNotMet');
  const large = blob.appendBlock('x', 1, { conditions: { maxSize: 8 } });
  assert.equal(await refusalOf(large), '412 MaxBlobSizeConditionNotMet');
  assert.equal(await textOf('log'), 'one\ntwo\n');
  await blob.seal();
  assert.equal(await refusalOf(blob.appendBlock('x', 1)), '409 BlobIsSealed');
  assert.equal((await blob.getProperties()).isSealed, true);
  const wrong = container.getAppendBlobClient((await put('no-log', 'x')).name);
  assert.equal(await refusalOf(wrong.appendBlock('x', 1)), '409 InvalidBlobType');
});

test('what did not arrive as it was sent is refused', async () => {
  const blob = container.getBlockBlobClient('damaged');
  const wrong = { transactionalContentMD5: new Uint8Array(16) };
  const id = Buffer.from('a').toString('base64');
  assert.equal(await refusalOf(blob.stageBlock(id, 'x', 1, wrong)), '400 Md5Mismatch');
  assert.equal(await blob.exists(), false);
  assert.equal(await refusalOf(blob.getBlockList('uncommitted')), '404 BlobNotFound');
});
