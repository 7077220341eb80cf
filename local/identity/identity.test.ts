import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ManagedIdentityCredential } from '@azure/identity';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import { type EntraTokenError, entraTokenVerifier } from '../entra-token.ts';
import { fuzz } from '../fixtures/fuzz.ts';
import { type Browserless, discover, publicClient, type SignIn } from '../fixtures/sign-in.ts';
import { type SpawnedServer, spawnServer } from '../spawn.ts';

const audience = 'api://test';
const redirectUri = 'http://localhost:1/callback';
const assigned = {
  name: 'audit',
  clientId: '11111111-2222-3333-4444-555555555555',
  objectId: '66666666-7777-8888-9999-000000000000',
  resourceId: '/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/audit',
};
let state: string;
let server: SpawnedServer;
let options: Record<string, unknown>;
let discovered: oauth.AuthorizationServer;

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'identity-test-'));
  options = {
    port: 0,
    state: join(state, 'identity'),
    users: [
      { user: 'nurse', name: 'Nurse <One>', role: 'nurse', trust: 'RR8', ward: 'J09', groups: ['J09'], kind: 'staff' },
      { user: 'loader', name: 'Loader', role: 'integration', trust: 'RR8', groups: [], kind: 'system' },
    ],
    audience,
    client: { id: 'pages', redirectUris: [redirectUri], origins: ['http://localhost:1'] },
    identityHeader: 'the header',
    identities: [assigned],
    adminKey: 'the admin key',
  };
  server = await spawnServer('identity', options);
  options['port'] = server.port;
  process.env.IDENTITY_ENDPOINT = `${server.endpoint}/msi/token`;
  process.env.IDENTITY_HEADER = 'the header';
  discovered = await discover(server.endpoint);
});
after(async () => {
  await server.stop();
  rmSync(state, { recursive: true, force: true });
});

const pages = (): Browserless => publicClient(discovered, 'pages', redirectUri);
const signIn = (user: string, change?: Record<string, string>) => pages().signIn({ user }, change);
const exchange = (signedIn: SignIn) => pages().exchange(signedIn);
const refresh = (token: string) => pages().refresh(token);

test('a page signs in with a code and PKCE, and its token has the claims of Entra ID', async () => {
  const attempt = await signIn('nurse');
  assert.match(attempt.page, /Nurse &#60;One&#62;/);
  assert.doesNotMatch(attempt.page, /Loader/);
  const tokens = await exchange(attempt);
  const { payload } = await jwtVerify(tokens.access_token, createRemoteJWKSet(new URL(String(discovered.jwks_uri))), {
    issuer: server.endpoint,
    audience,
  });
  assert.deepEqual(
    [payload['oid'], payload['roles'], payload['groups'], payload['ods'], payload['idtyp'], payload['ward']],
    ['nurse', ['nurse'], ['J09'], 'RR8', 'user', 'J09'],
  );
  assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, 'nurse');
});

test('a code without its verifier, a second time, for another address or without PKCE is worth nothing', async () => {
  const attempt = await signIn('nurse');
  await assert.rejects(exchange({ ...attempt, verifier: oauth.generateRandomCodeVerifier() }), {
    error: 'invalid_grant',
  });
  await exchange(attempt);
  await assert.rejects(exchange(attempt), { error: 'invalid_grant' });
  await assert.rejects(signIn('nurse', { redirect_uri: 'http://localhost:2/elsewhere' }), /redirect_uri/);
  await assert.rejects(signIn('nurse', { client_id: 'unknown' }), /client/);
  await assert.rejects(signIn('nobody'), /Choose one of the users/);
  const { callback } = await signIn('nurse', { code_challenge: '', code_challenge_method: '' });
  assert.equal(callback.searchParams.get('error'), 'invalid_request');
  const elsewhere = await signIn('nurse', { resource: 'https://vault.azure.net' });
  assert.equal(elsewhere.callback.searchParams.get('error'), 'invalid_target');
});

test('a refresh token is replaced at each use, and one that is used twice ends the sign-in', async () => {
  const first = await exchange(await signIn('nurse'));
  const second = await refresh(String(first.refresh_token));
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.equal(decodeJwt(second.access_token)['oid'], 'nurse');
  await assert.rejects(refresh(String(first.refresh_token)));
  await assert.rejects(refresh(String(second.refresh_token)));
});

test('a sign-in outlives a kill', async () => {
  const { refresh_token } = await exchange(await signIn('nurse'));
  await server.kill();
  server = await spawnServer('identity', options);
  assert.equal(decodeJwt((await refresh(String(refresh_token))).access_token)['oid'], 'nurse');
});

test('a rotated key signs what is issued from then on; what the old one signed stays valid', async () => {
  const credential = new ManagedIdentityCredential();
  const { token: old } = await credential.getToken('https://vault.azure.net/.default');
  const verify = entraTokenVerifier({ issuer: server.endpoint, audiences: ['https://vault.azure.net'] });
  await verify(old);
  const rotate = (key: string) =>
    fetch(`${server.endpoint}/rotate-signing-key`, { method: 'POST', headers: { 'x-admin-key': key } });
  assert.equal((await rotate('wrong')).status, 401);
  const { kid } = (await (await rotate('the admin key')).json()) as { kid: string };
  const fresh = await tokenOf('?api-version=2019-08-01&resource=https://vault.azure.net');
  assert.equal(decodeProtectedHeader(fresh).kid, kid);
  assert.equal(decodeProtectedHeader((await exchange(await signIn('nurse'))).access_token).kid, kid);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await verify(fresh);
  await verify(old);
  for (let n = 0; n < 3; n++) await rotate('the admin key');
  const later = entraTokenVerifier({ issuer: server.endpoint, audiences: ['https://vault.azure.net'] });
  await assert.rejects(later(old), (error: EntraTokenError) => error.code === 'invalid');
});

const askIdentity = (query: string, header = 'the header'): Promise<Response> =>
  fetch(`${server.endpoint}/msi/token${query}`, { headers: { 'x-identity-header': header } });
const tokenOf = async (query: string): Promise<string> =>
  ((await (await askIdentity(query)).json()) as { access_token: string }).access_token;

test('each managed identity gets its own token, by client id, object id or resource id', async () => {
  const system = decodeJwt((await new ManagedIdentityCredential().getToken('https://a.test/.default')).token);
  for (const chosen of [
    { clientId: assigned.clientId },
    { objectId: assigned.objectId },
    { resourceId: assigned.resourceId },
  ]) {
    const { token } = await new ManagedIdentityCredential(chosen).getToken('https://a.test/.default');
    const claims = decodeJwt(token);
    assert.deepEqual(
      [claims['oid'], claims['appid'], claims.aud],
      [assigned.objectId, assigned.clientId, 'https://a.test'],
    );
    assert.equal(claims['idtyp'], 'app');
    assert.equal(claims['tid'], system['tid']);
    assert.notEqual(claims['oid'], system['oid']);
  }
  await assert.rejects(new ManagedIdentityCredential({ clientId: 'unknown' }).getToken('https://a.test/.default'));
});

test('without the header, the version or a resource nobody gets a token', async () => {
  assert.equal((await askIdentity('?api-version=2019-08-01&resource=https://a.test', 'wrong')).status, 401);
  assert.equal((await askIdentity('?resource=https://a.test')).status, 400);
  assert.equal((await askIdentity('?api-version=2019-08-01')).status, 400);
  assert.equal((await askIdentity('?api-version=2019-08-01&resource=https://a.test&client_id=x')).status, 400);
  const script = (body: string, key = 'the admin key') =>
    fetch(`${server.endpoint}/token-for`, { method: 'POST', headers: { 'x-admin-key': key }, body });
  assert.equal((await script('{"user":"nurse"}')).status, 200);
  assert.equal((await script('{"user":"nurse"}', 'wrong')).status, 401);
  assert.equal((await script('{"user":"nobody"}')).status, 404);
  assert.equal((await script('{')).status, 400);
  assert.equal((await script('x'.repeat(20_000))).status, 400);
});

test('whatever is sent, the provider answers and goes on', async () => {
  const header = { 'x-identity-header': 'the header' };
  const templates = [
    { method: 'GET', path: '/msi/token?api-version=2019-08-01&resource=https://a.test', headers: header },
    { method: 'POST', path: '/token-for', headers: { 'x-admin-key': 'the admin key' }, body: { user: 'nurse' } },
    { method: 'POST', path: '/interaction/abc', body: { user: 'nurse' } },
    {
      method: 'POST',
      path: '/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: { a: 1 },
    },
    { method: 'GET', path: '/auth?client_id=pages&response_type=code&scope=openid' },
    { method: 'GET', path: '/jwks' },
  ];
  const statuses = await fuzz({ port: server.port, seed: 7, rounds: 200, templates });
  assert.ok((statuses.get(400) ?? 0) > 20);
  await exchange(await signIn('nurse'));
});
