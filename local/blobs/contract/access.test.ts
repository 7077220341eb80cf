import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  AccountSASPermissions,
  AnonymousCredential,
  BlobClient,
  BlobSASPermissions,
  BlobServiceClient,
  BlockBlobClient,
  ContainerClient,
  ContainerSASPermissions,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { startTestIdentity, type TestIdentity } from '../../fixtures/identity.ts';
import { localCertificate } from '../../tls.ts';
import { startBlobs } from '../index.ts';
import { all, openAccount, refusalOf, type TestAccount } from './account.ts';

let account: TestAccount;
let container: ContainerClient;
before(async () => {
  account = await openAccount();
  container = await account.container();
  await container.getBlockBlobClient('given').upload('given', 5);
});
after(() => account.close());

const retryOptions = { maxTries: 1 };
const soon = (): Date => new Date(Date.now() + 600_000);

/** An address of a blob with a signature of its own. */
function signed(blobName: string, permissions: string, more: object = {}): string {
  const values = {
    containerName: container.containerName,
    blobName,
    permissions: BlobSASPermissions.parse(permissions),
  };
  const signature = generateBlobSASQueryParameters({ ...values, expiresOn: soon(), ...more }, account.credential);
  return `${container.url}/${encodeURIComponent(blobName)}?${signature}`;
}
const read = async (url: string): Promise<string> =>
  (await new BlobClient(url, undefined, { retryOptions }).downloadToBuffer()).toString();
const write = (url: string) => new BlockBlobClient(url, undefined, { retryOptions }).upload('y', 1);

test('a caller without a key, or with a wrong one, is refused', async () => {
  const anonymous = new BlobServiceClient(account.endpoint, new AnonymousCredential(), { retryOptions });
  assert.match(
    await refusalOf(anonymous.getContainerClient(container.containerName).getProperties()),
    /^(401|404|409) /,
  );
  const wrong = new StorageSharedKeyCredential(account.credential.accountName, Buffer.alloc(64, 1).toString('base64'));
  const stranger = new BlobServiceClient(account.endpoint, wrong, { retryOptions });
  assert.equal(await refusalOf(all(stranger.listContainers())), '403 AuthenticationFailed');
});

test('a key’s signature covers names with signs, spaces and metadata in any order', async () => {
  const blob = container.getBlockBlobClient('a b/ü+%25&=?#/c');
  const metadata = { b_1: '1', ba: '2', b1: '3', B_a: '4' };
  await blob.upload('x', 1, { metadata, tags: { a: '1', b: 'c d' } });
  assert.equal(Object.keys((await blob.getProperties()).metadata ?? {}).length, 4);
  assert.deepEqual(
    (await all(container.listBlobsFlat({ prefix: 'a b/ü+%25&' }))).map(({ name }) => name),
    [blob.name],
  );
});

test('a signature for a blob allows what it names, on that blob alone', async () => {
  assert.equal(await read(signed('given', 'r')), 'given');
  assert.equal(await refusalOf(write(signed('given', 'r'))), '403 AuthorizationPermissionMismatch');
  const other = signed('given', 'r').replace('/given?', '/other?');
  assert.equal(await refusalOf(read(other)), '403 AuthenticationFailed');
  const more = signed('given', 'r').replace('sp=r', 'sp=rw');
  assert.equal(await refusalOf(write(more)), '403 AuthenticationFailed');
});

test('a signature that creates does not replace', async () => {
  await write(signed('created', 'c'));
  assert.equal(await refusalOf(write(signed('created', 'c'))), '403 AuthorizationPermissionMismatch');
  await write(signed('created', 'w'));
});

test('a signature holds between its times, for its protocol and its addresses', async () => {
  const past = signed('given', 'r', { expiresOn: new Date(Date.now() - 60_000) });
  const future = signed('given', 'r', { startsOn: new Date(Date.now() + 300_000) });
  for (const url of [past, future]) assert.equal(await refusalOf(read(url)), '403 AuthenticationFailed');
  const elsewhere = signed('given', 'r', { ipRange: { start: '192.0.2.1', end: '192.0.2.9' } });
  assert.equal(await refusalOf(read(elsewhere)), '403 AuthorizationSourceIPMismatch');
  if (account.inAzure) return;
  const secure = signed('given', 'r', { protocol: SASProtocol.Https });
  assert.equal(await refusalOf(read(secure)), '403 AuthorizationProtocolMismatch');
  assert.equal(await read(signed('given', 'r', { ipRange: { start: '127.0.0.1' } })), 'given');
});

test('a signature sets the headers that a reader gets', async () => {
  const url = signed('given', 'r', { contentType: 'text/plain', contentDisposition: 'attachment; filename=a.txt' });
  const { contentType, contentDisposition } = await new BlobClient(url, undefined, { retryOptions }).download();
  assert.deepEqual([contentType, contentDisposition], ['text/plain', 'attachment; filename=a.txt']);
});

test('a container’s signature lists; a stored policy gives the rest, and takes it away', async () => {
  const { containerName } = container;
  const permissions = ContainerSASPermissions.parse('l');
  const listing = generateBlobSASQueryParameters({ containerName, permissions, expiresOn: soon() }, account.credential);
  const lister = new ContainerClient(`${container.url}?${listing}`, undefined, { retryOptions });
  assert.ok((await all(lister.listBlobsFlat())).some(({ name }) => name === 'given'));
  assert.equal(
    await refusalOf(lister.getBlobClient('given').downloadToBuffer()),
    '403 AuthorizationPermissionMismatch',
  );
  await container.setAccessPolicy(undefined, [
    { id: 'readers', accessPolicy: { startsOn: new Date(0), expiresOn: soon(), permissions: 'r' } },
  ]);
  const byPolicy = generateBlobSASQueryParameters({ containerName, identifier: 'readers' }, account.credential);
  const url = `${container.url}/given?${byPolicy}`;
  // Azure takes up to 30 seconds to know a policy.
  if (account.inAzure) await account.wait(30);
  assert.equal(await read(url), 'given');
  await container.setAccessPolicy(undefined, []);
  if (account.inAzure) await account.wait(30);
  assert.equal(await refusalOf(read(url)), '403 AuthenticationFailed');
});

test('an account’s signature allows its services and types of resources', async () => {
  const sign = (services: string, resourceTypes: string, permissions: string): string =>
    `${account.endpoint}?${generateAccountSASQueryParameters(
      { services, resourceTypes, permissions: AccountSASPermissions.parse(permissions), expiresOn: soon() },
      account.credential,
    )}`;
  const open = (url: string) => new BlobServiceClient(url, undefined, { retryOptions });
  assert.ok((await all(open(sign('b', 's', 'l')).listContainers())).length > 0);
  const objects = open(sign('b', 'o', 'rw')).getContainerClient(container.containerName);
  await objects.getBlockBlobClient('by-account').upload('x', 1);
  assert.equal(await refusalOf(all(objects.listBlobsFlat())), '403 AuthorizationResourceTypeMismatch');
  const queues = open(sign('q', 'sco', 'rwl'));
  assert.equal(await refusalOf(all(queues.listContainers())), '403 AuthorizationServiceMismatch');
});

test('a managed identity’s token opens everything, over TLS and for storage alone', {
  skip: process.env['BLOBS_CONNECTION_STRING'] !== undefined,
}, async () => {
  const state = mkdtempSync(join(tmpdir(), 'blobs-identity-'));
  const tls = await localCertificate(state);
  const identity: TestIdentity = await startTestIdentity(state);
  const key = Buffer.alloc(64, 7).toString('base64');
  const server = await startBlobs({ port: 0, state, account: 'test', key, tls, issuer: identity.issuer });
  try {
    const secure = server.endpoint.replace('http:', 'https:');
    const options = { retryOptions, tlsOptions: { ca: readFileSync(tls.ca, 'utf8') } };
    const service = new BlobServiceClient(secure, identity.credential, options);
    const { containerClient } = await service.createContainer('by-token');
    await containerClient.getBlockBlobClient('x').upload('x', 1);
    assert.equal((await containerClient.getBlobClient('x').downloadToBuffer()).toString(), 'x');
    await delegates(service, containerClient, options);
    const vault = await identity.token('https://vault.azure.net');
    const storage = await identity.token('https://storage.azure.com');
    const ask = (token: string) =>
      fetch(`${server.endpoint}/by-token/x`, { headers: { authorization: `Bearer ${token}` } });
    for (const token of [vault, storage]) assert.equal((await ask(token)).status, 401, 'over plain HTTP');
    const wrong = new BlobServiceClient(
      secure,
      { getToken: async () => ({ token: vault, expiresOnTimestamp: Date.now() + 60_000 }) },
      options,
    );
    assert.equal(await refusalOf(all(wrong.listContainers())), '401 InvalidAuthenticationInfo');
  } finally {
    await Promise.all([server.close(), identity.server.stop()]);
    rmSync(state, { recursive: true, force: true });
  }
});

/** Signs with a key of the identity's own, as apps do whose accounts take no shared keys. */
async function delegates(service: BlobServiceClient, own: ContainerClient, options: object): Promise<void> {
  const [from, to] = [new Date(Date.now() - 60_000), new Date(Date.now() + 600_000)];
  const key = await service.getUserDelegationKey(from, to);
  const sign = (permissions: string, more: object = {}): string => {
    const values = { containerName: own.containerName, blobName: 'x', expiresOn: to, ...more };
    return `${own.url}/x?${generateBlobSASQueryParameters(
      { ...values, permissions: BlobSASPermissions.parse(permissions) },
      key,
      service.accountName,
    )}`;
  };
  const open = (url: string): BlockBlobClient => new BlockBlobClient(url, undefined, options);
  for (const version of ['2020-12-06', '2025-07-05', undefined])
    assert.equal((await open(sign('r', { version })).downloadToBuffer()).toString(), 'x', version);
  assert.equal(await refusalOf(open(sign('r')).upload('y', 1)), '403 AuthorizationPermissionMismatch');
  const other = sign('r').replace(/skoid=[^&]+/, 'skoid=somebody-else');
  assert.equal(await refusalOf(open(other).downloadToBuffer()), '403 AuthenticationFailed');
  const longer = sign('r').replace(/ske=[^&]+/, `ske=${encodeURIComponent('2036-01-01T00:00:00Z')}`);
  assert.equal(await refusalOf(open(longer).downloadToBuffer()), '403 AuthenticationFailed');
  const month = new Date(Date.now() + 30 * 24 * 3600_000);
  assert.match(await refusalOf(service.getUserDelegationKey(from, month)), /^400 /);
}
