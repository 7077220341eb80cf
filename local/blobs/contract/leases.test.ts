import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { openAccount, refusalOf, type TestAccount } from './account.ts';

let account: TestAccount;
let container: ContainerClient;
before(async () => {
  account = await openAccount();
  container = await account.container();
});
after(() => account.close());

async function newBlob(): Promise<BlockBlobClient> {
  const blob = container.getBlockBlobClient(randomUUID());
  await blob.upload('x', 1);
  return blob;
}
const upload = (blob: BlockBlobClient, leaseId?: string) =>
  blob.upload('y', 1, leaseId === undefined ? {} : { conditions: { leaseId } });

test('a leased blob is changed by its holder alone, and read by all', async () => {
  const blob = await newBlob();
  const lease = blob.getBlobLeaseClient();
  const { leaseId } = await lease.acquireLease(15);
  assert.equal((await blob.getProperties()).leaseState, 'leased');
  assert.equal(await refusalOf(upload(blob)), '412 LeaseIdMissing');
  assert.equal(await refusalOf(blob.delete()), '412 LeaseIdMissing');
  assert.equal(await refusalOf(upload(blob, randomUUID())), '412 LeaseIdMismatchWithBlobOperation');
  await upload(blob, leaseId);
  assert.equal((await blob.downloadToBuffer()).toString(), 'y');
  assert.equal(await refusalOf(blob.getBlobLeaseClient().acquireLease(15)), '409 LeaseAlreadyPresent');
  await lease.releaseLease();
  assert.equal(await refusalOf(upload(blob, leaseId)), '412 LeaseNotPresentWithBlobOperation');
  await upload(blob);
});

test('a lease runs out, is renewed by its holder, and is lost to whoever writes in between', async () => {
  const blob = await newBlob();
  const lease = blob.getBlobLeaseClient();
  await lease.acquireLease(15);
  await account.wait(16);
  assert.equal((await blob.getProperties()).leaseState, 'expired');
  assert.equal(await refusalOf(upload(blob, lease.leaseId)), '412 LeaseLost');
  await lease.renewLease();
  assert.equal(await refusalOf(upload(blob)), '412 LeaseIdMissing');
  await account.wait(16);
  await upload(blob);
  assert.equal(await refusalOf(lease.renewLease()), '409 LeaseNotPresentWithLeaseOperation');
});

test('a lease changes its id, and only its holder changes or releases it', async () => {
  const blob = await newBlob();
  const [first, second] = [randomUUID(), randomUUID()];
  const lease = blob.getBlobLeaseClient(first);
  await lease.acquireLease(-1);
  const stranger = blob.getBlobLeaseClient(randomUUID());
  for (const attempt of [
    () => stranger.renewLease(),
    () => stranger.releaseLease(),
    () => stranger.changeLease(randomUUID()),
  ])
    assert.equal(await refusalOf(attempt()), '409 LeaseIdMismatchWithLeaseOperation');
  await lease.changeLease(second);
  assert.equal(await refusalOf(upload(blob, first)), '412 LeaseIdMismatchWithBlobOperation');
  await upload(blob, second);
  await lease.releaseLease();
});

test('a broken lease holds for its period, and then not', async () => {
  const blob = await newBlob();
  const lease = blob.getBlobLeaseClient();
  await lease.acquireLease(60);
  const { leaseTime } = await lease.breakLease(10);
  assert.ok(Number(leaseTime) > 8 && Number(leaseTime) <= 10, String(leaseTime));
  assert.equal((await blob.getProperties()).leaseState, 'breaking');
  assert.equal(await refusalOf(upload(blob)), '412 LeaseIdMissing');
  assert.equal(await refusalOf(lease.renewLease()), '409 LeaseIsBrokenAndCannotBeRenewed');
  assert.equal(await refusalOf(lease.acquireLease(15)), '409 LeaseIsBreakingAndCannotBeAcquired');
  await account.wait(11);
  assert.equal((await blob.getProperties()).leaseState, 'broken');
  await upload(blob);
  assert.equal((await blob.getProperties()).leaseState, 'available');
  const endless = blob.getBlobLeaseClient();
  await endless.acquireLease(-1);
  assert.equal((await endless.breakLease(0)).leaseTime, 0);
});

test('a leased container is deleted by its holder alone', async () => {
  const other = await account.container();
  const lease = other.getBlobLeaseClient();
  const { leaseId } = await lease.acquireLease(15);
  assert.equal((await other.getProperties()).leaseState, 'leased');
  await other.getBlockBlobClient('free').upload('x', 1);
  assert.equal(await refusalOf(other.delete()), '412 LeaseIdMissing');
  const wrong = other.delete({ conditions: { leaseId: randomUUID() } });
  assert.equal(await refusalOf(wrong), '412 LeaseIdMismatchWithContainerOperation');
  await other.delete({ conditions: { leaseId: String(leaseId) } });
});

test('durations and ids that a lease cannot have are refused', async () => {
  const blob = await newBlob();
  assert.equal(await refusalOf(blob.getBlobLeaseClient().acquireLease(14)), '400 InvalidHeaderValue');
  assert.equal(await refusalOf(blob.getBlobLeaseClient('no-guid').acquireLease(15)), '400 InvalidHeaderValue');
  assert.equal(await refusalOf(blob.getBlobLeaseClient().breakLease(0)), '409 LeaseNotPresentWithLeaseOperation');
});
