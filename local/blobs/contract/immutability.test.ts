import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ContainerClient } from '@azure/storage-blob';
import { openLocalAccount, refusalOf, type TestAccount } from './account.ts';

/** In Azure a container is put under a policy through its resource, so these run here alone. */
let account: TestAccount;
let sealed: ContainerClient;
let container: ContainerClient;
before(async () => {
  account = await openLocalAccount({ immutableFor: { sealed: 2 } });
  sealed = (await account.service.createContainer('sealed')).containerClient;
  container = await account.container();
});
after(() => account.close());

const immutable = '409 BlobImmutableDueToPolicy';
const day = 24 * 3600;

test('a container under a policy takes new blobs, and nobody changes or deletes them before their time', async () => {
  const blob = sealed.getBlockBlobClient('checkpoint');
  await blob.upload('sealed', 6, { conditions: { ifNoneMatch: '*' } });
  assert.equal((await sealed.getProperties()).hasImmutabilityPolicy, true);
  const id = Buffer.from('a').toString('base64');
  for (const attempt of [
    () => blob.upload('other', 5),
    () => blob.stageBlock(id, 'x', 1),
    () => blob.commitBlockList([]),
    () => blob.setMetadata({ a: 'b' }),
    () => blob.setHTTPHeaders({ blobContentType: 'text/plain' }),
    () => sealed.getAppendBlobClient('checkpoint').create(),
    () => blob.delete(),
  ])
    assert.equal(await refusalOf(attempt()), immutable, String(attempt));
  assert.equal(await refusalOf(blob.upload('x', 1, { conditions: { ifNoneMatch: '*' } })), '409 BlobAlreadyExists');
  assert.equal(await refusalOf(sealed.delete()), '409 ContainerImmutableDueToPolicy');
  assert.equal((await blob.downloadToBuffer()).toString(), 'sealed');
  await account.wait(2 * day + 1);
  assert.equal(await refusalOf(blob.upload('other', 5)), immutable, 'never changed, even then');
  await blob.delete();
});

test('a blob’s own policy keeps it until its date; a locked one is only made longer', async () => {
  const blob = container.getBlockBlobClient('kept');
  await blob.upload('x', 1);
  const { date } = await blob.getProperties();
  const inDays = (days: number): Date => new Date(Number(date) + (days + 2) * day * 1000);
  await blob.setImmutabilityPolicy({ expiriesOn: inDays(5), policyMode: 'Unlocked' });
  assert.equal(await refusalOf(blob.delete()), immutable);
  await blob.setImmutabilityPolicy({ expiriesOn: inDays(1), policyMode: 'Unlocked' });
  await blob.deleteImmutabilityPolicy();
  await blob.upload('y', 1);
  await blob.setImmutabilityPolicy({ expiriesOn: inDays(3), policyMode: 'Locked' });
  assert.equal((await blob.getProperties()).immutabilityPolicyMode, 'locked');
  assert.equal(await refusalOf(blob.deleteImmutabilityPolicy()), immutable);
  const shorter = blob.setImmutabilityPolicy({ expiriesOn: inDays(2), policyMode: 'Locked' });
  assert.equal(await refusalOf(shorter), immutable);
  await blob.setImmutabilityPolicy({ expiriesOn: inDays(4), policyMode: 'Locked' });
  assert.equal(await refusalOf(blob.upload('z', 1)), immutable);
  await account.wait(7 * day);
  await blob.delete();
});

test('a legal hold keeps a blob for as long as it is there', async () => {
  const blob = container.getBlockBlobClient('held');
  await blob.upload('x', 1, { legalHold: true });
  assert.equal((await blob.getProperties()).legalHold, true);
  assert.equal(await refusalOf(blob.delete()), immutable);
  assert.equal(await refusalOf(blob.upload('y', 1)), immutable);
  await blob.setLegalHold(false);
  await blob.upload('y', 1);
  await blob.delete();
});
