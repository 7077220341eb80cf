import assert from 'node:assert/strict';
import { constants, createHash, createPublicKey, verify } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { KeyOperation, SignatureAlgorithm } from '@azure/keyvault-keys';
import { openVault, type TestVault } from './support.ts';

let vault: TestVault;
before(async () => {
  vault = await openVault();
});
after(() => vault?.close());

const digests: readonly [SignatureAlgorithm, string][] = [
  ['RS256', 'sha256'],
  ['RS384', 'sha384'],
  ['RS512', 'sha512'],
  ['PS256', 'sha256'],
  ['PS384', 'sha384'],
  ['PS512', 'sha512'],
];

test('signatures are what any RSA implementation verifies, and the vault tells good from bad', async () => {
  const key = await vault.keys.createRsaKey(vault.name('signing'));
  const client = vault.cryptography(key.id);
  const { n, e } = key.key ?? {};
  const publicKey = createPublicKey({
    key: { kty: 'RSA', n: Buffer.from(n ?? []).toString('base64url'), e: Buffer.from(e ?? []).toString('base64url') },
    format: 'jwk',
  });
  const message = Buffer.from('sealed');
  for (const [algorithm, hash] of digests) {
    const digest = createHash(hash).update(message).digest();
    const { result } = await client.sign(algorithm, digest);
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    const how = algorithm.startsWith('PS') ? { key: publicKey, ...pss } : publicKey;
    assert.ok(verify(hash, message, how, result), algorithm);
    const verified = (value: Uint8Array, of = digest) =>
      vault.post(`/keys/${key.name}/${key.properties.version}/verify`, {
        alg: algorithm,
        digest: of.toString('base64url'),
        value: Buffer.from(value).toString('base64url'),
      });
    assert.deepEqual(await verified(result), { status: 200, body: { value: true } });
    assert.deepEqual((await verified(result, createHash(hash).update('x').digest())).body, { value: false });
    assert.deepEqual((await verified(result.map((byte) => byte ^ 1))).body, { value: false });
    assert.deepEqual((await verified(Buffer.from('short'))).body, { value: false });
  }
  await assert.rejects(client.sign('RS256', new Uint8Array(31)), /31/);
});

test('what is wrapped or encrypted opens again, and nothing else does', async () => {
  const { id } = await vault.keys.createRsaKey(vault.name('wrapping'));
  const client = vault.cryptography(id);
  const secret = Uint8Array.from({ length: 32 }, (_, n) => n);
  for (const algorithm of ['RSA-OAEP-256', 'RSA-OAEP', 'RSA1_5'] as const) {
    const { result, keyID } = await client.wrapKey(algorithm, secret);
    assert.equal(keyID, id);
    assert.deepEqual((await client.unwrapKey(algorithm, result)).result, Buffer.from(secret), algorithm);
    const encrypted = await client.encrypt({ algorithm, plaintext: secret });
    const { result: decrypted } = await client.decrypt({ algorithm, ciphertext: encrypted.result });
    assert.deepEqual(Buffer.from(decrypted), Buffer.from(secret));
  }
  const { result } = await client.wrapKey('RSA-OAEP-256', secret);
  result[5] = (result[5] ?? 0) ^ 1;
  await assert.rejects(client.unwrapKey('RSA-OAEP-256', result), { code: 'BadParameter', statusCode: 400 });
  const other = await vault.keys.createRsaKey(vault.name('other'));
  const elsewhere = await vault.cryptography(other.id).wrapKey('RSA-OAEP-256', secret);
  await assert.rejects(client.unwrapKey('RSA-OAEP-256', elsewhere.result), { code: 'BadParameter' });
});

test('a key is used for what it is meant for, while it is on and in its time', async () => {
  const used = async (of: string, given: object): Promise<unknown> => {
    const name = vault.name(of);
    const key = await vault.keys.createRsaKey(name, given);
    const value = Buffer.alloc(32).toString('base64url');
    return (await vault.post(`/keys/${name}/${key.properties.version}/sign`, { alg: 'RS256', value })).body;
  };
  const refused = (inner: string) => (body: unknown) =>
    assert.equal((body as { error: { code: string; innererror: { code: string } } }).error.innererror.code, inner);
  refused('KeyDisabled')(await used('off', { enabled: false }));
  refused('KeyOperationForbidden')(
    await used('wrapping', { keyOps: ['wrapKey', 'unwrapKey'] satisfies KeyOperation[] }),
  );
  refused('KeyExpired')(await used('expired', { expiresOn: new Date(1_000_000) }));
  refused('KeyNotYetValid')(await used('early', { notBefore: new Date('2037-01-01') }));
  const { properties } = await vault.keys.getKey(vault.name('off'));
  await vault.keys.updateKeyProperties(vault.name('off'), String(properties.version), {
    enabled: true,
    tags: { now: 'on' },
  });
  const on = await vault.keys.getKey(vault.name('off'));
  assert.deepEqual([on.properties.enabled, on.properties.tags], [true, { now: 'on' }]);
  assert.ok((await vault.cryptography(on.id).sign('RS256', new Uint8Array(32))).result.length === 256);
});
