import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { AuthorizationServer } from 'oauth4webapi';
import { type Browserless, discover, publicClient } from '../fixtures/sign-in.ts';
import { type SpawnedServer, spawnServer } from '../spawn.ts';

/** Any port of this machine will do. */
const registered = 'http://localhost/app';
const redirectUri = 'http://localhost:1/app';
let state: string;
let fhir: Server;
let audience: string;
let server: SpawnedServer;
let discovered: AuthorizationServer;
let serviceKeys: Awaited<ReturnType<typeof generateKeyPair>>;
/** Authorization headers that the FHIR server was sent. */
const askedWith: string[] = [];

before(async () => {
  fhir = createServer((request, response) => {
    askedWith.push(String(request.headers.authorization));
    const patient = {
      resourceType: 'Patient',
      id: 'p-1',
      name: [{ family: '<Abel>', given: ['Ann'] }],
      birthDate: '1970',
    };
    response.end(JSON.stringify({ resourceType: 'Bundle', entry: [{ resource: patient }] }));
  });
  await new Promise<void>((resolve) => fhir.listen(0, '127.0.0.1', resolve));
  audience = `http://127.0.0.1:${(fhir.address() as AddressInfo).port}/fhir`;
  serviceKeys = await generateKeyPair('ES384');
  const publicJwk = await exportJWK(serviceKeys.publicKey);
  state = mkdtempSync(join(tmpdir(), 'smart-test-'));
  server = await spawnServer('identity', {
    port: 0,
    state: join(state, 'identity'),
    users: [
      { user: 'nurse', name: 'Nurse', role: 'nurse', trust: 'RR8', groups: ['J09'], kind: 'staff' },
      { user: 'other', name: 'Other', role: 'nurse', trust: 'RR8', groups: ['J09'], kind: 'staff' },
      { user: 'loader', name: 'Loader', role: 'integration', trust: 'RR8', groups: ['g'], kind: 'system' },
      { user: 'ann', name: 'Ann', role: 'patient', trust: 'RR8', groups: [], kind: 'patient', patient: 'p-own' },
    ],
    audience: 'api://test',
    client: { id: 'pages', redirectUris: ['http://localhost:1/callback'], origins: [] },
    smart: {
      services: [
        { id: 'loader', user: 'loader', jwks: { keys: [{ ...publicJwk, kid: 'one', alg: 'ES384', use: 'sig' }] } },
      ],
      apps: [{ id: 'app', name: 'Growth <chart>', redirectUris: [registered], origins: ['http://localhost:1'] }],
      audiences: [audience],
    },
    identityHeader: 'the header',
    adminKey: 'the admin key',
  });
  discovered = await discover(server.endpoint);
});
after(async () => {
  await server.stop();
  fhir.close();
  rmSync(state, { recursive: true, force: true });
});

const app = (): Browserless => publicClient(discovered, 'app', redirectUri, { aud: audience });
const standalone = 'openid launch/patient patient/Observation.rs patient/*.read';
const tokenOf = async (user: string): Promise<string> => {
  const answer = await fetch(`${server.endpoint}/token-for`, {
    method: 'POST',
    headers: { 'x-admin-key': 'the admin key' },
    body: JSON.stringify({ user }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
};
const begin = (token: string, body: object): Promise<Response> =>
  fetch(`${server.endpoint}/launches`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
const launchOf = async (user: string, patient: string): Promise<string> =>
  ((await (await begin(await tokenOf(user), { patient })).json()) as { launch: string }).launch;
const errorOf = async (user: string, change: Record<string, string>): Promise<string | null> =>
  (await app().signIn({ user, patient: 'p-1' }, change)).callback.searchParams.get('error');

test('launched alone, an app gets the patient whom its user chose, in the answer and in the token, and the same after a refresh', async () => {
  const signedIn = await app().signIn({ user: 'nurse', patient: 'p-1' }, { scope: standalone });
  assert.match(signedIn.page, /Growth &#60;chart&#62; is to be opened with one patient/);
  assert.match(signedIn.page, /Ann &#60;Abel&#62;, 1970/);
  assert.equal(decodeJwt((askedWith.at(-1) ?? '').slice(7))['oid'], 'nurse', 'the list is what the user may see');
  const tokens = await app().exchange(signedIn);
  assert.equal(tokens['patient'], 'p-1');
  const claims = decodeJwt(tokens.access_token);
  assert.deepEqual([claims['patient'], claims['oid'], claims['client_id']], ['p-1', 'nurse', 'app']);
  assert.deepEqual(
    String(claims['scope'])
      .split(' ')
      .filter((one) => one.includes('/'))
      .sort(),
    [...['launch/patient', 'patient/*.read', 'patient/Observation.rs']],
  );
  const refreshed = await app().refresh(String(tokens.refresh_token));
  assert.equal(refreshed['patient'], 'p-1');
  assert.equal(decodeJwt(refreshed.access_token)['scope'], claims['scope']);
});

test('a patient is not asked whom the app is for', async () => {
  const tokens = await app().exchange(await app().signIn({ user: 'ann', patient: 'p-1' }, { scope: standalone }));
  assert.equal(tokens['patient'], 'p-own');
  assert.equal(decodeJwt(tokens.access_token)['patient'], 'p-own');
});

test('launched from the record, an app gets the patient on the screen, and only who launched it does', async () => {
  const scope = 'openid launch patient/Observation.rs';
  const launch = await launchOf('nurse', 'p-2');
  assert.equal(await errorOf('other', { scope, launch }), 'invalid_request');
  const tokens = await app().exchange(await app().signIn({ user: 'nurse' }, { scope, launch }));
  assert.equal(tokens['patient'], 'p-2');
  assert.equal(await errorOf('nurse', { scope, launch }), 'invalid_request', 'a launch is good for one sign-in');
  assert.equal(await errorOf('nurse', { scope, launch: 'invented' }), 'invalid_request');
  assert.equal(await errorOf('nurse', { scope }), 'invalid_request');
  assert.equal(await errorOf('nurse', { scope: 'openid', launch }), 'invalid_request');
});

test('an app begins no launch of its own, and nobody one without a patient', async () => {
  const tokens = await app().exchange(await app().signIn({ user: 'nurse' }, { scope: 'openid user/*.rs' }));
  assert.equal((await begin(tokens.access_token, { patient: 'p-3' })).status, 401);
  assert.equal((await begin('none', { patient: 'p-3' })).status, 401);
  const token = await tokenOf('nurse');
  for (const patient of [undefined, '', 7, 'a b', '../p']) assert.equal((await begin(token, { patient })).status, 400);
});

test('a patient launches an app with the own record and no other', async () => {
  const token = await tokenOf('ann');
  assert.equal((await begin(token, { patient: 'p-2' })).status, 400);
  const launch = await launchOf('ann', 'p-own');
  const scope = 'openid launch patient/*.rs';
  const tokens = await app().exchange(await app().signIn({ user: 'ann' }, { scope, launch }));
  assert.deepEqual([tokens['patient'], decodeJwt(tokens.access_token)['patient']], ['p-own', 'p-own']);
});

test('scopes that cannot be held to are refused with what they should be', async () => {
  for (const scope of [
    ...[
      'patient/Observation.rs?category=laboratory',
      'patient/Observation.sr',
      'patient/Observation.',
      'user/observation.r',
    ],
    ...['system/*.rs', 'patient/*', 'system/Patient.r'],
  ])
    assert.equal(await errorOf('nurse', { scope: `openid launch/patient ${scope}` }), 'invalid_scope', scope);
  assert.equal(await errorOf('nurse', { scope: 'openid patient/*.rs' }), 'invalid_scope', 'no patient is asked for');
});

test('a token is for a FHIR server that is known, and an app says for which', async () => {
  assert.equal(
    await errorOf('nurse', { scope: 'openid user/*.rs', aud: 'https://elsewhere.test/fhir' }),
    'invalid_request',
  );
  const silent = publicClient(discovered, 'app', redirectUri);
  const { callback } = await silent.signIn({ user: 'nurse' }, { scope: 'openid user/*.rs' });
  assert.equal(callback.searchParams.get('error'), 'invalid_request');
});

test('an app on this machine may listen at any port of it, and nowhere else', async () => {
  for (const address of ['http://localhost:2/other', 'http://localhost.test:1/app', 'http://127.0.0.2:1/app'])
    await assert.rejects(
      publicClient(discovered, 'app', address, { aud: audience }).signIn({ user: 'ann' }),
      /redirect_uri/,
    );
});

test('a code is worth one token, to the app that it was given to', async () => {
  const signedIn = await app().signIn({ user: 'ann' }, { scope: standalone });
  const thief = publicClient(discovered, 'pages', 'http://localhost:1/callback');
  await assert.rejects(thief.exchange(signedIn), { error: 'invalid_grant' });
  await app().exchange(signedIn);
  await assert.rejects(app().exchange(signedIn), { error: 'invalid_grant' });
});

/** SMART Backend Services: client_credentials with a signed assertion (RFC 7523). */
async function backendToken(
  scope: string,
  more: { jti?: string; key?: typeof serviceKeys.privateKey; audience?: string } = {},
): Promise<{ status: number; body: Record<string, string> }> {
  const {
    jti = crypto.randomUUID(),
    key = serviceKeys.privateKey,
    audience: to = String(discovered.token_endpoint),
  } = more;
  const assertion = await new SignJWT({ jti })
    .setProtectedHeader({ alg: 'ES384', kid: 'one', typ: 'JWT' })
    .setIssuer('loader')
    .setSubject('loader')
    .setAudience(to)
    .setIssuedAt()
    .setExpirationTime('4m')
    .sign(key);
  const answer = await fetch(String(discovered.token_endpoint), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}

test('a backend service proves itself with its key and gets the scopes of systems that it asks for', async () => {
  const { body } = await backendToken('system/Patient.rs system/*.read');
  const claims = decodeJwt(String(body['access_token']));
  assert.deepEqual(
    [claims['client_id'], claims['roles'], claims['idtyp'], claims['scope']],
    ['loader', ['integration'], 'app', 'system/Patient.rs system/*.read'],
  );
});

test('another key, another audience, an assertion that was used, or scopes of people get a service nothing', async () => {
  const stranger = (await generateKeyPair('ES384')).privateKey;
  assert.equal((await backendToken('system/*.rs', { key: stranger })).body['error'], 'invalid_client');
  assert.equal(
    (await backendToken('system/*.rs', { audience: 'https://elsewhere.test' })).body['error'],
    'invalid_client',
  );
  const once = crypto.randomUUID();
  assert.equal((await backendToken('system/*.rs', { jti: once })).status, 200);
  assert.equal((await backendToken('system/*.rs', { jti: once })).body['error'], 'invalid_client');
  for (const scope of ['user/*.rs', 'patient/*.rs', 'system/*.rs?x=y'])
    assert.equal((await backendToken(scope)).body['error'], 'invalid_scope', scope);
});
