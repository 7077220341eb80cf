import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { eventually } from '../../fixtures/eventually.ts';
import { all, openVault, type TestVault } from './support.ts';

let vault: TestVault;
before(async () => {
  vault = await openVault();
});
after(() => vault?.close());

test('keys are made, shown and listed, with their attributes', async () => {
  // The client writes times as 32-bit numbers, so none after 2038.
  const expiresOn = new Date('2037-01-01T00:00:00Z');
  const made = await vault.keys.createRsaKey(vault.name('made'), {
    keySize: 3072,
    expiresOn,
    tags: { use: 'test' },
    keyOps: ['sign', 'verify'],
  });
  assert.equal(made.keyType, 'RSA');
  assert.equal(made.key?.n?.length, 384);
  const shown = await vault.keys.getKey(made.name, made.properties.version ? { version: made.properties.version } : {});
  assert.deepEqual(shown.keyOperations, ['sign', 'verify']);
  assert.deepEqual(shown.properties.expiresOn, expiresOn);
  assert.deepEqual(shown.properties.tags, { use: 'test' });
  assert.equal((await vault.keys.getKey(made.name.toUpperCase())).id, made.id);
  const listed = (await all(vault.keys.listPropertiesOfKeys())).map(({ name }) => name);
  assert.ok(listed.includes(made.name));
  await assert.rejects(vault.keys.createRsaKey(vault.name('odd'), { keySize: 1024 }), {
    code: 'BadParameter',
    statusCode: 400,
  });
  await assert.rejects(vault.keys.createRsaKey('bad_name'), { code: 'BadParameter' });
  await assert.rejects(vault.keys.getKey('nobody'), { code: 'KeyNotFound', statusCode: 404 });
  await assert.rejects(vault.keys.getKey(made.name, { version: 'f'.repeat(32) }), { code: 'KeyNotFound' });
});

test('lists come in pages, versions too', async () => {
  const name = vault.name('paged');
  for (let n = 0; n < 3; n++) await vault.keys.createRsaKey(name);
  const pages: number[] = [];
  for await (const page of vault.keys.listPropertiesOfKeyVersions(name).byPage({ maxPageSize: 2 }))
    pages.push(page.length);
  assert.deepEqual(pages, [2, 1]);
});

test('a rotation makes a new version; what the old one wrapped still opens', async () => {
  const old = await vault.keys.createRsaKey(vault.name('rotating'), { keySize: 3072 });
  const { result } = await vault.cryptography(old.id).wrapKey('RSA-OAEP-256', new Uint8Array(32));
  const rotated = await vault.keys.rotateKey(old.name);
  assert.notEqual(rotated.id, old.id);
  assert.equal(rotated.key?.n?.length, 384);
  assert.equal((await vault.keys.getKey(old.name)).id, rotated.id);
  assert.equal((await vault.cryptography(old.id).unwrapKey('RSA-OAEP-256', result)).result.length, 32);
  await assert.rejects(vault.cryptography(rotated.id).unwrapKey('RSA-OAEP-256', result), { code: 'BadParameter' });
  const policy = { expiresIn: 'P2Y', lifetimeActions: [{ action: 'Rotate' as const, timeAfterCreate: 'P90D' }] };
  await vault.keys.updateKeyRotationPolicy(old.name, policy);
  const kept = await vault.keys.getKeyRotationPolicy(old.name);
  assert.deepEqual([kept.expiresIn, kept.lifetimeActions?.[0]?.timeAfterCreate], ['P2Y', 'P90D']);
  const wrong = { lifetimeActions: [{ action: 'Rotate' as const, timeAfterCreate: '90 days' }] };
  await assert.rejects(vault.keys.updateKeyRotationPolicy(old.name, wrong), { code: 'BadParameter' });
});

test('a key that was made elsewhere is imported whole or not at all', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = privateKey.export({ format: 'jwk' });
  const bytes = (name: keyof typeof jwk) => new Uint8Array(Buffer.from(String(jwk[name]), 'base64url'));
  const parts = { n: bytes('n'), e: bytes('e'), d: bytes('d'), p: bytes('p'), q: bytes('q') };
  const whole = { kty: 'RSA' as const, ...parts, dp: bytes('dp'), dq: bytes('dq'), qi: bytes('qi') };
  const imported = await vault.keys.importKey(vault.name('imported'), whole);
  const { result } = await vault.cryptography(imported.id).wrapKey('RSA-OAEP-256', new Uint8Array(16));
  assert.equal((await vault.cryptography(imported.id).unwrapKey('RSA-OAEP-256', result)).result.length, 16);
  const half = vault.name('half');
  await assert.rejects(vault.keys.importKey(half, { kty: 'RSA', ...parts }), { code: 'BadParameter' });
  await assert.rejects(vault.keys.getKey(half), { code: 'KeyNotFound' });
});

test('a deleted key is gone until it is recovered, or purged for good', async () => {
  const leaving = vault.name('leaving');
  const made = await vault.keys.createRsaKey(leaving);
  const poller = await vault.keys.beginDeleteKey(leaving, { intervalInMs: 10 });
  const deleted = await poller.pollUntilDone();
  assert.ok(deleted.properties.scheduledPurgeDate);
  await assert.rejects(vault.keys.getKey(leaving), { code: 'KeyNotFound' });
  await assert.rejects(vault.keys.createRsaKey(leaving), { code: 'Conflict', statusCode: 409 });
  assert.ok((await all(vault.keys.listDeletedKeys())).some(({ name }) => name === leaving));
  await (await vault.keys.beginRecoverDeletedKey(leaving, { intervalInMs: 10 })).pollUntilDone();
  assert.equal((await vault.keys.getKey(leaving)).id, made.id);
  await (await vault.keys.beginDeleteKey(leaving, { intervalInMs: 10 })).pollUntilDone();
  await vault.keys.purgeDeletedKey(leaving);
  await assert.rejects(vault.keys.getDeletedKey(leaving), { code: 'KeyNotFound' });
  const again = await eventually('the name is free', () => vault.keys.createRsaKey(leaving).catch(() => undefined));
  assert.notEqual(again.id, made.id);
});
