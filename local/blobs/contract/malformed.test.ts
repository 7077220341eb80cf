import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ContainerClient, ContainerSASPermissions, generateBlobSASQueryParameters } from '@azure/storage-blob';
import { fuzz, type Template } from '../../fixtures/fuzz.ts';
import { openLocalAccount, refusalOf, type TestAccount } from './account.ts';

/** What is sent is wrong in ways that the unmodified client never is, or asks for what is not there. */
let account: TestAccount;
let container: ContainerClient;
let signature: string;
before(async () => {
  account = await openLocalAccount();
  container = await account.container();
  await container.getBlockBlobClient('given').upload('given', 5);
  const { containerName } = container;
  const permissions = ContainerSASPermissions.parse('racwdl');
  const expiresOn = new Date(Date.now() + 3600_000);
  signature = `${generateBlobSASQueryParameters({ containerName, permissions, expiresOn }, account.credential)}`;
});
after(() => account.close());

/** @returns status and code. */
async function ask(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<string> {
  const url = `${container.url}${path}${path.includes('?') ? '&' : '?'}${signature}`;
  const answer = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  const text = await answer.text();
  const code = answer.headers.get('x-ms-error-code');
  if (code !== null && method !== 'HEAD') assert.match(text, new RegExp(`<Code>${code}</Code><Message>[^<]+`));
  return `${answer.status} ${code ?? ''}`.trim();
}
const block = { 'x-ms-blob-type': 'BlockBlob' };

test('requests that say too little or the wrong thing are told what is wrong', async () => {
  assert.equal(await ask('PUT', '/x', {}, 'x'), '400 MissingRequiredHeader');
  assert.equal(await ask('PUT', '/x', { 'x-ms-blob-type': 'Cloud' }, 'x'), '400 InvalidHeaderValue');
  assert.equal(await ask('PUT', '/x', { ...block, 'content-md5': 'short' }, 'x'), '400 InvalidMd5');
  assert.equal(await ask('PUT', '/x', { ...block, 'x-ms-meta-1a': 'x' }, 'x'), '400 InvalidMetadata');
  assert.equal(await ask('PUT', '/x', { ...block, 'x-ms-meta-a': 'x'.repeat(9000) }, 'x'), '400 MetadataTooLarge');
  assert.equal(await ask('PUT', '/x', { ...block, 'x-ms-lease-id': 'mine' }, 'x'), '400 InvalidHeaderValue');
  assert.equal(await ask('PUT', '/x', { ...block, 'if-modified-since': 'yesterday' }, 'x'), '400 InvalidHeaderValue');
  assert.equal(await ask('PUT', `/${'x'.repeat(1025)}`, block, 'x'), '400 OutOfRangeInput');
  assert.equal(await ask('PUT', '/x?comp=block&blockid=%25', {}, 'x'), '400 InvalidQueryParameterValue');
  assert.equal(await ask('PUT', '/x?comp=blocklist', {}, '<BlockList>'), '400 InvalidXmlDocument');
  assert.equal(
    await ask('PUT', '/x?comp=blocklist', {}, '<BlockList><Old>YQ==</Old></BlockList>'),
    '400 InvalidXmlDocument',
  );
  assert.equal(await ask('GET', '/given', { range: 'bytes=5-' }), '416 InvalidRange');
  assert.equal(await ask('GET', '/given', { range: 'lines=1-2' }), '400 InvalidHeaderValue');
  assert.equal(await ask('GET', '?restype=container&comp=list&maxresults=0'), '400 InvalidQueryParameterValue');
  assert.equal(await ask('GET', '?restype=container&comp=list&prefix=b&marker=YQ'), '400 InvalidQueryParameterValue');
  assert.equal(await ask('PATCH', '/given'), '405 UnsupportedHttpVerb');
  assert.equal(await ask('HEAD', '/nobody'), '404 BlobNotFound');
  assert.equal(await ask('GET', '/%00'), '400 InvalidUri');
  const chunked = await fetch(`${container.url}/x?${signature}`, {
    ...{ method: 'PUT', headers: block, duplex: 'half' as const },
    body: new ReadableStream({
      start(stream) {
        stream.enqueue(Buffer.from('x'));
        stream.close();
      },
    }),
  });
  assert.equal(chunked.status, 411);
  assert.equal(await container.getBlobClient('x').exists(), false);
});

test('what is not there says so, and changes nothing', async () => {
  const blob = container.getBlockBlobClient('given');
  assert.equal(await refusalOf(blob.createSnapshot()), '501 NotImplemented');
  assert.equal(await refusalOf(blob.withVersion('2026-01-01T00:00:00.0000000Z').getProperties()), '501 NotImplemented');
  assert.equal(await refusalOf(blob.syncCopyFromURL(container.getBlobClient('other').url)), '501 NotImplemented');
  assert.equal(await refusalOf(container.getPageBlobClient('pages').create(512)), '501 NotImplemented');
  assert.equal(await refusalOf(blob.setAccessTier('Archive')), '400 InvalidHeaderValue');
  assert.equal(await refusalOf(blob.undelete()), '501 NotImplemented');
  assert.equal(
    await refusalOf(blob.upload('x', 1, { conditions: { tagConditions: "a = 'b'" } })),
    '501 NotImplemented',
  );
  const checked = blob.upload('x', 1, { contentChecksumAlgorithm: 'StorageCrc64' });
  assert.equal(await refusalOf(checked), '501 NotImplemented');
  const delegation = account.service.getUserDelegationKey(new Date(), new Date(Date.now() + 60_000));
  assert.equal(await refusalOf(delegation), '403 AuthenticationFailed', 'an identity alone gets one');
  assert.equal((await blob.downloadToBuffer()).toString(), 'given');
});

test('two hundred and fifty malformed requests: each is answered, none with 500', async () => {
  const path = new URL(container.url).pathname;
  const at = (name: string, parameters = ''): string => `${path}${name}?${signature}${parameters}`;
  const templates: Template[] = [
    {
      method: 'PUT',
      path: at('/fuzzed'),
      headers: { ...block, 'x-ms-meta-a': 'b', 'x-ms-tags': 'a=b' },
      body: { a: 'b' },
    },
    {
      method: 'PUT',
      path: at('/fuzzed', '&comp=block&blockid=YQ%3D%3D'),
      headers: { 'content-md5': 'x' },
      body: { a: 'b' },
    },
    {
      method: 'PUT',
      path: at('/fuzzed', '&comp=blocklist'),
      headers: { 'if-match': '*' },
      body: '<BlockList><Latest>YQ==</Latest></BlockList>',
    },
    {
      method: 'PUT',
      path: at('/fuzzed', '&comp=lease'),
      headers: { 'x-ms-lease-action': 'acquire', 'x-ms-lease-duration': '15' },
    },
    { method: 'PUT', path: at('/fuzzed', '&comp=metadata'), headers: { 'x-ms-meta-a': 'b' } },
    { method: 'GET', path: at('/given'), headers: { range: 'bytes=1-3', 'if-none-match': '"x"' } },
    { method: 'GET', path: at('', '&restype=container&comp=list&prefix=a&marker=YQ&maxresults=2&delimiter=%2F') },
  ];
  const { port } = new URL(account.endpoint);
  const statuses = await fuzz({ port: Number(port), seed: 7, rounds: 250, templates });
  assert.ok((statuses.get(400) ?? 0) > 20, JSON.stringify([...statuses]));
  await container.getBlockBlobClient('after').upload('after', 5);
  assert.equal((await container.getBlobClient('after').downloadToBuffer()).toString(), 'after');
});
