import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fuzz } from '../../fixtures/fuzz.ts';
import { spawnServer } from '../../spawn.ts';
import { all, type LocalVault, openLocalVault } from './support.ts';

/** Kills, keys of this machine's own, what the local vault says in words of its own, and what the client never sends. */
let vault: LocalVault;
before(async () => {
  vault = await openLocalVault();
});
after(() => vault?.close());

test('what a vault acknowledged is there after a kill, and opens under another address', async () => {
  const made = await vault.keys.createRsaKey('kept');
  const { result } = await vault.cryptography(made.id).wrapKey('RSA-OAEP-256', new Uint8Array(32));
  await vault.server.kill();
  const moved = await spawnServer('key-vault', { ...vault.options, port: 0 });
  const kid = String(made.id).replace(vault.server.endpoint, moved.endpoint);
  assert.equal((await vault.cryptography(kid).unwrapKey('RSA-OAEP-256', result)).result.length, 32);
  await moved.stop();
  vault.server = await spawnServer('key-vault', vault.options);
});

test('a caller without a token for the vault gets the challenge and nothing else', async () => {
  const refused = await vault.post('/keys/given/create', { kty: 'RSA' }, {});
  assert.equal(refused.status, 401);
  assert.match(refused.challenge ?? '', /resource="https:\/\/vault\.azure\.net"/);
  for (const token of [
    await vault.identity.token('https://eventgrid.azure.net'),
    await vault.identity.userToken('nurse'),
    'x',
  ])
    assert.equal((await vault.post('/keys/given/rotate', {}, { authorization: `Bearer ${token}` })).status, 401);
  assert.equal((await all(vault.keys.listPropertiesOfKeyVersions('given'))).length, 1);
});

test('what is malformed, too large or not there is refused with the vault’s codes', async () => {
  const { properties } = await vault.keys.getKey('given');
  const path = `/keys/given/${properties.version}`;
  const codeOf = async (call: ReturnType<LocalVault['post']>) => {
    const { status, body } = await call;
    return [status, (body as { error: { code: string } }).error.code];
  };
  const value = Buffer.alloc(32).toString('base64url');
  assert.deepEqual(await codeOf(vault.post(`${path}/sign`, '{')), [400, 'BadParameter']);
  assert.deepEqual(await codeOf(vault.post(`${path}/sign`, '[]')), [400, 'BadParameter']);
  assert.deepEqual(await codeOf(vault.post(`${path}/sign`, { alg: 'ES256', value })), [400, 'BadParameter']);
  assert.deepEqual(await codeOf(vault.post(`${path}/sign`, { alg: 'RS256', value: '+/' })), [400, 'BadParameter']);
  assert.deepEqual(await codeOf(vault.post(`${path}/wrapkey`, { alg: 'RSA-OAEP', value: 'A'.repeat(600) })), [
    400,
    'BadParameter',
  ]);
  assert.deepEqual(await codeOf(vault.post(`${path}/wrapkey`, { alg: 'A256KW', value })), [400, 'BadParameter']);
  assert.deepEqual(await codeOf(vault.post(`${path}/sign`, 'x'.repeat(70_000))), [413, 'RequestEntityTooLarge']);
  assert.deepEqual(await codeOf(vault.post('/keys/given/backup', {})), [501, 'NotSupported']);
  assert.deepEqual(await codeOf(vault.post('/secrets/given', {})), [501, 'NotSupported']);
  assert.deepEqual(await codeOf(vault.post('/keys/given/explode', {})), [405, 'MethodNotAllowed']);
  assert.deepEqual(await codeOf(vault.post('/keys/%zz/create', {})), [400, 'BadParameter']);
});

test('keys of other kinds are refused, and those of hardware are kept in software', async () => {
  assert.equal((await vault.keys.createRsaKey('hsm', { hsm: true })).keyType, 'RSA-HSM');
  await assert.rejects(vault.keys.createEcKey('curve'), { code: 'NotSupported' });
  await assert.rejects(vault.keys.createOctKey('secret'), { code: 'NotSupported' });
});

test('whatever is sent, the vault answers and goes on', async () => {
  const headers = { authorization: `Bearer ${await vault.identity.token('https://vault.azure.net')}` };
  const { properties, id } = await vault.keys.getKey('given');
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
  const statuses = await fuzz({ port: vault.server.port, ca: vault.ca, seed: 7, rounds: 250, templates });
  assert.ok((statuses.get(400) ?? 0) > 50);
  await vault.keys.updateKeyProperties('given', String(properties.version), { enabled: true });
  assert.equal((await vault.keys.getKey('given')).id, id);
});
