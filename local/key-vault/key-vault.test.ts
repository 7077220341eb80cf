import assert from 'node:assert/strict';
import { constants, createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CryptographyClient, KeyClient, type KeyOperation, type SignatureAlgorithm } from '@azure/keyvault-keys';
import { fuzz } from '../fixtures/fuzz.ts';
import { startTestIdentity, type TestIdentity } from '../fixtures/identity.ts';
import { type SpawnedServer, spawnServer } from '../spawn.ts';
import { localCertificate } from '../tls.ts';

let state: string;
let identity: TestIdentity;
let server: SpawnedServer;
let ca: string;
let options: Record<string, unknown>;
let keys: KeyClient;

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'key-vault-test-'));
  const tls = await localCertificate(state);
  ca = readFileSync(tls.ca, 'utf8');
  identity = await startTestIdentity(state);
  options = { port: 0, state: join(state, 'vault'), tls, keys: ['given'], issuer: identity.issuer };
  server = await spawnServer('key-vault', options);
  options['port'] = server.port;
  keys = new KeyClient(server.endpoint, identity.credential, clientOptions());
});
after(async () => {
  await Promise.all([server.stop(), identity.server.stop()]);
  rmSync(state, { recursive: true, force: true });
});

const clientOptions = () => ({
  disableChallengeResourceVerification: true,
  tlsOptions: { ca },
  retryOptions: { maxRetries: 0 },
});
const cryptography = (kid: string | undefined): CryptographyClient =>
  new CryptographyClient(String(kid), identity.credential, clientOptions());
const all = async <T>(pages: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const one of pages) found.push(one);
  return found;
};

test('keys are made, shown and listed, with their attributes', async () => {
  // The client writes times as 32-bit numbers, so none after 2038.
  const expiresOn = new Date('2037-01-01T00:00:00Z');
  const made = await keys.createRsaKey('made', {
    keySize: 3072,
    expiresOn,
    tags: { use: 'test' },
    keyOps: ['sign', 'verify'],
  });
  assert.equal(made.keyType, 'RSA');
  assert.equal(made.key?.n?.length, 384);
  const shown = await keys.getKey('made', made.properties.version ? { version: made.properties.version } : {});
  assert.deepEqual(shown.keyOperations, ['sign', 'verify']);
  assert.deepEqual(shown.properties.expiresOn, expiresOn);
  assert.deepEqual(shown.properties.tags, { use: 'test' });
  assert.equal((await keys.getKey('MADE')).id, made.id);
  const listed = (await all(keys.listPropertiesOfKeys())).map(({ name }) => name);
  assert.ok(listed.includes('given') && listed.includes('made'));
  const hsm = await keys.createRsaKey('hsm', { hsm: true });
  assert.equal(hsm.keyType, 'RSA-HSM');
  await assert.rejects(keys.createRsaKey('odd', { keySize: 1024 }), { code: 'BadParameter', statusCode: 400 });
  await assert.rejects(keys.createEcKey('curve'), { code: 'NotSupported' });
  await assert.rejects(keys.createOctKey('secret'), { code: 'NotSupported' });
  await assert.rejects(keys.createRsaKey('bad_name'), { code: 'BadParameter' });
  await assert.rejects(keys.getKey('nobody'), { code: 'KeyNotFound', statusCode: 404 });
  await assert.rejects(keys.getKey('made', { version: 'f'.repeat(32) }), { code: 'KeyNotFound' });
});

test('lists come in pages, versions too', async () => {
  for (let n = 0; n < 3; n++) await keys.createRsaKey('paged');
  const pages: number[] = [];
  for await (const page of keys.listPropertiesOfKeyVersions('paged').byPage({ maxPageSize: 2 }))
    pages.push(page.length);
  assert.deepEqual(pages, [2, 1]);
});

test('what is wrapped or encrypted opens again, and nothing else does', async () => {
  const { id } = await keys.getKey('given');
  const client = cryptography(id);
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
  const other = await keys.createRsaKey('other');
  const elsewhere = await cryptography(other.id).wrapKey('RSA-OAEP-256', secret);
  await assert.rejects(client.unwrapKey('RSA-OAEP-256', elsewhere.result), { code: 'BadParameter' });
});

const digests: readonly [SignatureAlgorithm, string][] = [
  ['RS256', 'sha256'],
  ['RS384', 'sha384'],
  ['RS512', 'sha512'],
  ['PS256', 'sha256'],
  ['PS384', 'sha384'],
  ['PS512', 'sha512'],
];

test('signatures are what any RSA implementation verifies, and the vault tells good from bad', async () => {
  const key = await keys.createRsaKey('signing');
  const client = cryptography(key.id);
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
      post(`/keys/signing/${key.properties.version}/verify`, {
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

test('a key is used for what it is meant for, while it is on and in its time', async () => {
  const used = async (name: string, given: object): Promise<unknown> => {
    const key = await keys.createRsaKey(name, given);
    const value = Buffer.alloc(32).toString('base64url');
    return (await post(`/keys/${name}/${key.properties.version}/sign`, { alg: 'RS256', value })).body;
  };
  const refused = (inner: string) => (body: unknown) =>
    assert.equal((body as { error: { code: string; innererror: { code: string } } }).error.innererror.code, inner);
  refused('KeyDisabled')(await used('off', { enabled: false }));
  refused('KeyOperationForbidden')(
    await used('wrapping', { keyOps: ['wrapKey', 'unwrapKey'] satisfies KeyOperation[] }),
  );
  refused('KeyExpired')(await used('expired', { expiresOn: new Date(1_000_000) }));
  refused('KeyNotYetValid')(await used('early', { notBefore: new Date('2037-01-01') }));
  const { properties } = await keys.getKey('off');
  await keys.updateKeyProperties('off', String(properties.version), { enabled: true, tags: { now: 'on' } });
  const on = await keys.getKey('off');
  assert.deepEqual([on.properties.enabled, on.properties.tags], [true, { now: 'on' }]);
  assert.ok((await cryptography(on.id).sign('RS256', new Uint8Array(32))).result.length === 256);
});

test('a rotation makes a new version; what the old one wrapped still opens', async () => {
  const old = await keys.createRsaKey('rotating', { keySize: 3072 });
  const { result } = await cryptography(old.id).wrapKey('RSA-OAEP-256', new Uint8Array(32));
  const rotated = await keys.rotateKey('rotating');
  assert.notEqual(rotated.id, old.id);
  assert.equal(rotated.key?.n?.length, 384);
  assert.equal((await keys.getKey('rotating')).id, rotated.id);
  assert.equal((await cryptography(old.id).unwrapKey('RSA-OAEP-256', result)).result.length, 32);
  await assert.rejects(cryptography(rotated.id).unwrapKey('RSA-OAEP-256', result), { code: 'BadParameter' });
  const policy = { expiresIn: 'P2Y', lifetimeActions: [{ action: 'Rotate' as const, timeAfterCreate: 'P90D' }] };
  await keys.updateKeyRotationPolicy('rotating', policy);
  const kept = await keys.getKeyRotationPolicy('rotating');
  assert.deepEqual([kept.expiresIn, kept.lifetimeActions?.[0]?.timeAfterCreate], ['P2Y', 'P90D']);
  const wrong = { lifetimeActions: [{ action: 'Rotate' as const, timeAfterCreate: '90 days' }] };
  await assert.rejects(keys.updateKeyRotationPolicy('rotating', wrong), { code: 'BadParameter' });
});

test('a key that was made elsewhere is imported whole or not at all', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = privateKey.export({ format: 'jwk' });
  const bytes = (name: keyof typeof jwk) => new Uint8Array(Buffer.from(String(jwk[name]), 'base64url'));
  const parts = { n: bytes('n'), e: bytes('e'), d: bytes('d'), p: bytes('p'), q: bytes('q') };
  const whole = { kty: 'RSA' as const, ...parts, dp: bytes('dp'), dq: bytes('dq'), qi: bytes('qi') };
  const imported = await keys.importKey('imported', whole);
  const { result } = await cryptography(imported.id).wrapKey('RSA-OAEP-256', new Uint8Array(16));
  assert.equal((await cryptography(imported.id).unwrapKey('RSA-OAEP-256', result)).result.length, 16);
  await assert.rejects(keys.importKey('half', { kty: 'RSA', ...parts }), { code: 'BadParameter' });
  await assert.rejects(keys.getKey('half'), { code: 'KeyNotFound' });
});

test('a deleted key is gone until it is recovered, or purged for good', async () => {
  const made = await keys.createRsaKey('leaving');
  const poller = await keys.beginDeleteKey('leaving', { intervalInMs: 10 });
  const deleted = await poller.pollUntilDone();
  assert.ok(deleted.properties.scheduledPurgeDate);
  await assert.rejects(keys.getKey('leaving'), { code: 'KeyNotFound' });
  await assert.rejects(keys.createRsaKey('leaving'), { code: 'Conflict', statusCode: 409 });
  assert.ok((await all(keys.listDeletedKeys())).some(({ name }) => name === 'leaving'));
  await (await keys.beginRecoverDeletedKey('leaving', { intervalInMs: 10 })).pollUntilDone();
  assert.equal((await keys.getKey('leaving')).id, made.id);
  await (await keys.beginDeleteKey('leaving', { intervalInMs: 10 })).pollUntilDone();
  await keys.purgeDeletedKey('leaving');
  await assert.rejects(keys.getDeletedKey('leaving'), { code: 'KeyNotFound' });
  assert.notEqual((await keys.createRsaKey('leaving')).id, made.id);
});

test('what a vault acknowledged is there after a kill, and opens under another address', async () => {
  const made = await keys.createRsaKey('kept');
  const { result } = await cryptography(made.id).wrapKey('RSA-OAEP-256', new Uint8Array(32));
  await server.kill();
  const moved = await spawnServer('key-vault', { ...options, port: 0 });
  const kid = String(made.id).replace(server.endpoint, moved.endpoint);
  assert.equal((await cryptography(kid).unwrapKey('RSA-OAEP-256', result)).result.length, 32);
  await moved.stop();
  server = await spawnServer('key-vault', options);
});

test('a caller without a token for the vault gets the challenge and nothing else', async () => {
  const refused = await post('/keys/given/create', { kty: 'RSA' }, {});
  assert.equal(refused.status, 401);
  assert.match(refused.challenge ?? '', /resource="https:\/\/vault\.azure\.net"/);
  for (const token of [await identity.token('https://eventgrid.azure.net'), await identity.userToken('nurse'), 'x'])
    assert.equal((await post('/keys/given/rotate', {}, { authorization: `Bearer ${token}` })).status, 401);
  assert.equal((await all(keys.listPropertiesOfKeyVersions('given'))).length, 1);
});

test('what is malformed, too large or not there is refused with the vault’s codes', async () => {
  const { properties } = await keys.getKey('given');
  const path = `/keys/given/${properties.version}`;
  const codeOf = async (call: ReturnType<typeof post>) => {
    const { status, body } = await call;
    return [status, (body as { error: { code: string } }).error.code];
  };
  const value = Buffer.alloc(32).toString('base64url');
  assert.deepEqual(await codeOf(post(`${path}/sign`, '{')), [400, 'BadParameter']);
  assert.deepEqual(await codeOf(post(`${path}/sign`, '[]')), [400, 'BadParameter']);
  assert.deepEqual(await codeOf(post(`${path}/sign`, { alg: 'ES256', value })), [400, 'BadParameter']);
  assert.deepEqual(await codeOf(post(`${path}/sign`, { alg: 'RS256', value: '+/' })), [400, 'BadParameter']);
  assert.deepEqual(await codeOf(post(`${path}/wrapkey`, { alg: 'RSA-OAEP', value: 'A'.repeat(600) })), [
    400,
    'BadParameter',
  ]);
  assert.deepEqual(await codeOf(post(`${path}/wrapkey`, { alg: 'A256KW', value })), [400, 'BadParameter']);
  assert.deepEqual(await codeOf(post(`${path}/sign`, 'x'.repeat(70_000))), [413, 'RequestEntityTooLarge']);
  assert.deepEqual(await codeOf(post('/keys/given/backup', {})), [501, 'NotSupported']);
  assert.deepEqual(await codeOf(post('/secrets/given', {})), [501, 'NotSupported']);
  assert.deepEqual(await codeOf(post('/keys/given/explode', {})), [405, 'MethodNotAllowed']);
  assert.deepEqual(await codeOf(post('/keys/%zz/create', {})), [400, 'BadParameter']);
});

test('whatever is sent, the vault answers and goes on', async () => {
  const headers = { authorization: `Bearer ${await identity.token('https://vault.azure.net')}` };
  const { properties, id } = await keys.getKey('given');
  const path = `/keys/given/${properties.version}`;
  const value = Buffer.alloc(32).toString('base64url');
  const templates = [
    { method: 'POST', path: `${path}/sign?api-version=7.5`, headers, body: { alg: 'RS256', value } },
    { method: 'POST', path: `${path}/verify`, headers, body: { alg: 'PS256', digest: value, value } },
    { method: 'POST', path: `${path}/unwrapkey`, headers, body: { alg: 'RSA-OAEP-256', value } },
    { method: 'PATCH', path, headers, body: { attributes: { enabled: true, exp: 4_000_000_000 }, tags: { a: 'b' } } },
    { method: 'PUT', path: '/keys/fuzzed', headers, body: { key: { kty: 'RSA', n: value, e: 'AQAB' } } },
    {
      method: 'PUT',
      path: '/keys/given/rotationpolicy',
      headers,
      body: { lifetimeActions: [{ action: { type: 'Rotate' }, trigger: { timeAfterCreate: 'P90D' } }] },
    },
    { method: 'GET', path: '/keys?maxresults=5&$skiptoken=1', headers },
  ];
  const statuses = await fuzz({ port: server.port, ca, seed: 7, rounds: 250, templates });
  assert.ok((statuses.get(400) ?? 0) > 50);
  await keys.updateKeyProperties('given', String(properties.version), { enabled: true });
  assert.equal((await keys.getKey('given')).id, id);
});

/** A call as the client would not make it. */
async function post(
  path: string,
  body: object | string,
  headers?: Record<string, string>,
): Promise<{ status: number; body: unknown; challenge?: string }> {
  const given = headers ?? { authorization: `Bearer ${await identity.token('https://vault.azure.net')}` };
  return new Promise((resolve, reject) => {
    const call = request(
      `${server.endpoint}${path}`,
      { method: 'POST', ca, headers: given, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const challenge = response.headers['www-authenticate'];
          const answer = { status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) };
          resolve(challenge === undefined ? answer : { ...answer, challenge });
        });
      },
    );
    call.on('error', reject);
    call.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}
