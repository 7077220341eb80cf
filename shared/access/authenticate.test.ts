import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { generateKeyPair, UnsecuredJWT } from 'jose';
import {
  nurseClaims as claims,
  type Forgery,
  type Issuer,
  type SigningKey,
  startIssuer,
} from '../../test/support/issuer.ts';
import { systemClock } from '../clock.ts';
import type { WardlineError } from '../errors.ts';
import { type Authentication, createAuthentication } from './authenticate.ts';

let identity: Issuer;
let strangersKey: SigningKey;

before(async () => {
  identity = await startIssuer();
  strangersKey = (await generateKeyPair('RS256')).privateKey;
});
after(() => identity.close());

const authentication = (): Authentication =>
  createAuthentication(
    { issuers: [identity.issuer], audience: identity.audience, ownClients: [identity.client] },
    systemClock,
  );
const now = (): number => Math.floor(Date.now() / 1000);
const bearer = (forgery?: Forgery): Promise<string> => identity.bearer(forgery);

const refusal = async (authorization: string | null, by = authentication()): Promise<string> =>
  by.authenticate(authorization).then(
    (actor) => `accepted ${actor.role}`,
    (error: WardlineError) => error.code,
  );

test('a token of the issuer says who calls', async () => {
  assert.deepEqual(await authentication().authenticate(await bearer({ claims: { ward: 'J09' } })), {
    kind: 'staff',
    id: 'a-nurse',
    displayName: 'Ada Okafor',
    role: 'nurse',
    trust: 'RR8',
    teams: ['RR8-J09-nursing'],
    ward: 'J09',
  });
});

test('no token and no bearer token are told apart', async () => {
  assert.equal(await refusal(null), 'no-token');
  for (const header of ['', 'Bearer', 'Bearer x', 'Basic YTpi', 'Bearer a.b.c d', `${await bearer()}\n`])
    assert.equal(await refusal(header), 'invalid-token', header);
});

test('forged tokens are refused', async () => {
  const [header = '', payload = '', signature = ''] = (await bearer()).slice('Bearer '.length).split('.');
  const promoted = Buffer.from(
    JSON.stringify({ ...claims, roles: ['integration'], iss: identity.issuer, aud: identity.audience }),
  );
  const publicKey = new TextEncoder().encode(JSON.stringify(identity.published[0]));
  const attacks: Record<string, string> = {
    'another key': await bearer({ key: strangersKey }),
    'an unknown key id': await bearer({ key: strangersKey, header: { kid: 'two' } }),
    'a key of its own in the header': await bearer({
      key: strangersKey,
      header: { kid: 'mine', jwk: identity.published[0], jku: 'http://127.0.0.1:1/keys' },
    }),
    'HS256 with the public key as secret': await bearer({ key: publicKey, header: { alg: 'HS256' } }),
    'alg none': `Bearer ${new UnsecuredJWT(claims).setIssuer(identity.issuer).setAudience(identity.audience).setExpirationTime('1h').encode()}`,
    'alg none with a signature': `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.${signature}`,
    'another payload': `Bearer ${header}.${promoted.toString('base64url')}.${signature}`,
    'no signature': `Bearer ${header}.${payload}.`,
    'a payload that is no object': `Bearer ${header}.${Buffer.from('null').toString('base64url')}.${signature}`,
    'an extension nobody understands': await bearer({ header: { crit: ['extension'], extension: 1 } }),
  };
  for (const [name, header] of Object.entries(attacks)) assert.equal(await refusal(header), 'invalid-token', name);
});

test('tokens for others, of others, and without what is needed are refused', async () => {
  const wrong: Forgery[] = [
    { audience: 'api://another' },
    { issuer: `${identity.issuer}/` },
    { issuer: 'http://127.0.0.1:1' },
    { expires: null },
    { claims: { oid: undefined } },
    { claims: { roles: undefined } },
    { claims: { ods: undefined } },
  ];
  for (const one of wrong) assert.equal(await refusal(await bearer(one)), 'invalid-token', JSON.stringify(one));
});

test('clocks may differ by a minute and no more', async () => {
  assert.equal(await refusal(await bearer({ expires: now() - 50 })), 'accepted nurse');
  assert.equal(await refusal(await bearer({ expires: now() - 65 })), 'expired-token');
  assert.equal(await refusal(await bearer({ notBefore: now() + 50 })), 'accepted nurse');
  assert.equal(await refusal(await bearer({ notBefore: now() + 70 })), 'invalid-token');
});

test('claims that would be taken for something else are refused', async () => {
  const wrong: Record<string, unknown>[] = [
    { roles: [] },
    { roles: ['god'] },
    { roles: ['nurse', 'auditor'] },
    { roles: 'nurse' },
    { ods: 'RR8|P|0123456789ab' },
    { ods: ['RR8'] },
    { oid: { a: 1 } },
    { ward: 'J09|x' },
    // An app with a nurse's role would need no ward, a person with a system's role no relationship.
    { roles: ['nurse'], idtyp: 'app' },
    { roles: ['integration'], idtyp: 'user' },
    { roles: ['integration'], idtyp: undefined },
    { roles: ['board-device'], idtyp: 'user' },
  ];
  for (const one of wrong)
    assert.equal(await refusal(await bearer({ claims: one })), 'invalid-token', JSON.stringify(one));
});

test('groups that could not be teams are left out', async () => {
  const { teams } = await authentication().authenticate(
    await bearer({ claims: { groups: ['RR8-J09-nursing', 7, 'a/b', 'a|b', ''] } }),
  );
  assert.deepEqual(teams, ['RR8-J09-nursing']);
});

test('a rotated key is found, and unknown key ids do not flood the issuer', async (t) => {
  const by = authentication();
  assert.equal(await refusal(await bearer(), by), 'accepted nurse');
  const next = await identity.publish('rotated');
  const rotated = await bearer({ key: next, header: { kid: 'rotated' } });
  const asked = identity.keysAsked;
  for (let times = 0; times < 5; times++) assert.equal(await refusal(rotated, by), 'invalid-token');
  assert.equal(identity.keysAsked, asked);
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 6_000 });
  assert.equal(await refusal(rotated, by), 'accepted nurse');
  assert.equal(identity.keysAsked, asked + 1);
});

test('while the issuer is down nobody is called a liar, and known keys go on working', async () => {
  const known = authentication();
  await known.reachIssuers();
  identity.down = true;
  try {
    assert.equal(await refusal(await bearer(), known), 'accepted nurse');
    const fresh = authentication();
    assert.equal(await refusal(await bearer(), fresh), 'unavailable');
    await assert.rejects(fresh.reachIssuers(), { code: 'unavailable' });
    identity.down = false;
    assert.equal(await refusal(await bearer(), fresh), 'accepted nurse');
  } finally {
    identity.down = false;
  }
});

test('a refusal repeats nothing of the token', async () => {
  const error = await authentication()
    .authenticate(await bearer({ claims: { ods: 'Planted Name' } }))
    .catch((cause: WardlineError) => cause);
  assert.ok(
    error instanceof Error && !JSON.stringify([error.message, Reflect.get(error, 'problems')]).includes('Planted'),
  );
});

test("a token for another client than Wardline's own is narrowed to its SMART scopes: without any, to nothing", async () => {
  const grantOf = async (claims: Record<string, unknown>) =>
    (await authentication().authenticate(await bearer({ claims }))).grant;
  assert.equal(await grantOf({}), undefined);
  for (const client of [
    { client_id: 'app' },
    { client_id: undefined },
    { client_id: undefined, azp: 'app' },
    { client_id: 7 },
  ])
    assert.deepEqual((await grantOf({ ...client, scope: 'openid profile' }))?.scopes, []);
  assert.equal((await grantOf({ client_id: 'app' }))?.app, 'app', 'the trail names it');
  assert.equal(await grantOf({ client_id: undefined, azp: identity.client }), undefined, 'as Entra ID names it');
  const [scope] = (await grantOf({ scp: 'user.all.rs' }))?.scopes ?? [];
  assert.deepEqual([scope?.level, scope?.type], ['user', '*'], "narrowed with Wardline's own client too");
  assert.equal((await grantOf({ scope: 'patient/*.rs', patient: 'p' }))?.patient, 'p');
  const system = { roles: ['integration'], idtyp: 'app', client_id: 'engine' };
  assert.equal(await grantOf(system), undefined, 'a system is the client itself');
  assert.equal((await grantOf({ ...system, scope: 'system/Patient.rs' }))?.scopes.length, 1);
});

test('scopes that are not understood, or of a patient whom nobody names, make a token worthless', async () => {
  for (const claims of [
    { scope: 'user/Observation.rs?category=laboratory' },
    { scope: 'user/*.cruds patient/*' },
    { scope: 'patient/*.rs' },
    { scope: 'patient/*.rs', patient: 'a b' },
  ])
    assert.equal(await refusal(await bearer({ claims })), 'invalid-token', JSON.stringify(claims));
});
