import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeJwt, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { bearerToken, type EntraTokenError, entraTokenVerifier } from './entra-token.ts';
import { startTestIdentity, type TestIdentity } from './fixtures/identity.ts';
import { spawnServer } from './spawn.ts';

const resource = 'https://vault.azure.net';
let state: string;
let identity: TestIdentity;

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'entra-token-test-'));
  identity = await startTestIdentity(state);
});
after(async () => {
  await identity.server.stop();
  rmSync(state, { recursive: true, force: true });
});

const refusedAs = (code: EntraTokenError['code']) => (error: EntraTokenError) => error.code === code;

test('a managed identity’s token is accepted by the service it is for, however the slash is written', async () => {
  const token = await identity.token(resource);
  for (const audience of [resource, `${resource}/`, `${resource}//`]) {
    const verify = entraTokenVerifier({ issuer: identity.issuer, audiences: ['https://other.test', audience] });
    const { objectId, clientId, expires } = await verify(token);
    assert.match(objectId, /^[0-9a-f-]{36}$/);
    assert.match(clientId ?? '', /^[0-9a-f-]{36}$/);
    assert.ok(expires > Date.now() / 1000);
  }
});

test('a token for another service, and a member of staff’s own token, are refused by their audience', async () => {
  const verify = entraTokenVerifier({ issuer: identity.issuer, audiences: ['https://cosmos.azure.com'] });
  await assert.rejects(verify(await identity.token(resource)), refusedAs('audience'));
  await assert.rejects(verify(await identity.userToken('nurse')), refusedAs('audience'));
});

test('what is missing, malformed, unsigned, forged, of another issuer or expired is refused', async () => {
  const verify = entraTokenVerifier({ issuer: identity.issuer, audiences: [resource] });
  const good = await identity.token(resource);
  const claims = decodeJwt(good);
  const [own = {}] = JSON.parse(readFileSync(join(state, 'identity', 'signing-keys.json'), 'utf8')) as JWK[];
  const sign = (body: Record<string, unknown>, key: Awaited<ReturnType<typeof importJWK>>): Promise<string> =>
    new SignJWT(body).setProtectedHeader({ alg: 'RS256', kid: String(own.kid) }).sign(key);
  const ownKey = await importJWK(own, 'RS256');
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`;
  await assert.rejects(verify(undefined), refusedAs('missing'));
  await assert.rejects(verify(''), refusedAs('missing'));
  for (const text of ['x', 'a.b.c', unsigned, `${good.slice(0, -4)}AAAA`])
    await assert.rejects(verify(text), refusedAs('invalid'));
  await assert.rejects(verify(await sign(claims, (await generateKeyPair('RS256')).privateKey)), refusedAs('invalid'));
  await assert.rejects(verify(await sign({ ...claims, iss: 'http://elsewhere' }, ownKey)), refusedAs('invalid'));
  await assert.rejects(verify(await sign({ ...claims, exp: 1 }, ownKey)), refusedAs('expired'));
  await assert.rejects(verify(await sign({ ...claims, oid: undefined }, ownKey)), refusedAs('invalid'));
  assert.ok(await verify(await sign(claims, ownKey)));
});

test('without the identity server a first token is refused as unverifiable; tokens outlive its restart', async () => {
  const token = await identity.token(resource);
  await identity.server.kill();
  const verify = entraTokenVerifier({ issuer: identity.issuer, audiences: [resource] });
  await assert.rejects(verify(token), refusedAs('unavailable'));
  identity = { ...identity, server: await spawnServer('identity', identity.options) };
  assert.ok(await verify(token));
});

test('only a bearer header holds a token', () => {
  assert.equal(bearerToken('Bearer abc'), 'abc');
  assert.equal(bearerToken('bearer abc'), 'abc');
  for (const header of [undefined, '', 'Bearer', 'Bearer ', 'Basic abc', 'Bearer a b'])
    assert.equal(bearerToken(header), undefined);
});
