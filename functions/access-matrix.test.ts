import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Access, createAccess } from '../shared/access/index.ts';
import type { AuditEntry } from '../shared/audit/index.ts';
import { createTelemetry } from '../shared/azure/telemetry.ts';
import { systemClock } from '../shared/clock.ts';
import { type Role, roles } from '../shared/context.ts';
import { createHttp, type Http, type Route } from '../shared/http.ts';
import { createIds } from '../shared/ids.ts';
import { allRoutes } from '../test/support/all-routes.ts';
import { type Issuer, startIssuer } from '../test/support/issuer.ts';
import { type RecordStore, startRecordStore } from '../test/support/records.ts';

const routes = allRoutes;
const guarded = routes.filter(({ policy }) => policy !== 'public');

/** Which roles may ask for what at all; the rest of the decision needs a patient or a ward. */
const clinical: readonly Role[] = ['nurse', 'doctor'];
const recording: readonly Role[] = [...clinical, 'pharmacist', 'ward-clerk', 'integration'];
const mayAsk: Readonly<Record<string, readonly Role[]>> = {
  'record:read': [...recording, 'bed-management', 'patient'],
  'record:search': [...recording, 'patient'],
  'record:merge': ['ward-clerk', 'integration'],
  'record:write': [...recording, 'bed-management'],
  'form:read': [...clinical, 'pharmacist', 'integration'],
  'form:submit': clinical,
  'board:read': [...clinical, 'pharmacist', 'ward-clerk', 'board-device'],
  'audit:read': ['auditor', 'privacy-officer'],
  'disclosure:read': ['privacy-officer', 'patient'],
  'access:emergency': clinical,
  'access:explain': [...clinical, 'pharmacist', 'ward-clerk'],
  'erasure:request': ['privacy-officer'],
  'erasure:approve': ['privacy-officer', 'operations'],
  'erasure:read': ['privacy-officer', 'operations'],
  'operations:run': ['operations'],
  'operations:approve': ['operations'],
};

let identity: Issuer;
let store: RecordStore;
let access: Access;
let http: Http;
let entries: AuditEntry[] = [];

before(async () => {
  [identity, store] = await Promise.all([startIssuer(), startRecordStore()]);
  access = createAccess({
    identity: { issuers: [identity.issuer], audience: identity.audience, ownClients: [identity.client] },
    documents: store.process().documents,
    clock: systemClock,
  });
  await access.approveTeam('RR8', { name: 'approved', wards: ['*'] });
  await access.openTrust('RR8');
  http = createHttp({
    access,
    audit: { record: async (entry) => void entries.push(entry), answered: () => {} },
    clock: systemClock,
    ids: createIds(systemClock),
    telemetry: createTelemetry({ load: undefined, write: () => {} }),
  });
});
after(async () => {
  identity.close();
  await store.close();
});

/** Serves a route whose handler would answer 204 to whoever comes so far. */
const serve = (route: Route, authorization?: string) =>
  http.serve(
    { ...route, handler: async () => ({ status: 204 }) },
    {
      method: route.method,
      url: `https://localhost/${route.route}`,
      headers: new Headers(authorization === undefined ? {} : { authorization }),
      params: {},
      body: async () => new Uint8Array(),
      traceparent: undefined,
    },
  );

const idtyp = (role: Role): string =>
  role === 'integration' || role === 'bed-management' ? 'app' : role === 'board-device' ? 'device' : 'user';
const bearer = (role: Role, groups: string[], ods = 'RR8'): Promise<string> =>
  identity.bearer({
    claims: { roles: [role], idtyp: idtyp(role), groups, ods, ward: 'J09', patient: 'p', amr: ['pwd', 'mfa'] },
  });

test('only probes, pages and what a server can do are shown to nobody in particular', () => {
  assert.deepEqual(
    routes
      .filter(({ policy }) => policy === 'public')
      .map(({ name }) => name)
      .filter((name) => !/Page$/.test(name))
      .sort(),
    [
      ...['asset', 'healthLive', 'healthReady', 'metadata', 'metadataOfTrust', 'openApi', 'signInSettings'],
      ...['smartConfiguration', 'smartConfigurationOfTrust'],
    ],
  );
});

test('names and addresses of routes are unique, and none is one that Azure keeps for itself', () => {
  assert.equal(new Set(routes.map(({ name }) => name)).size, routes.length);
  assert.equal(new Set(routes.map(({ method, route }) => `${method} ${route}`)).size, routes.length);
  for (const { route } of routes) assert.doesNotMatch(route, /^(admin|runtime)/);
});

test('every other route answers 401 without a token, and leaves no entry', async () => {
  entries = [];
  for (const route of guarded) assert.equal((await serve(route)).status, 401, route.name);
  assert.equal(entries.length, 0);
});

test('each role reaches exactly the routes that are for it, and each time leaves one entry', async () => {
  let asked = 0;
  for (const role of roles) {
    const authorization = await bearer(role, ['approved']);
    for (const route of guarded) {
      entries = [];
      const expected = mayAsk[route.policy]?.includes(role) ? 204 : 403;
      assert.equal((await serve(route, authorization)).status, expected, `${role} ${route.name}`);
      assert.equal(entries.length, 1);
      assert.equal(entries[0]?.outcome, expected === 204 ? '0' : '4');
      asked += 1;
    }
  }
  assert.equal(asked, roles.length * guarded.length);
});

test('without a team that the trust approved nobody reaches anything, nor with one of another trust', async () => {
  for (const role of roles)
    for (const [groups, ods] of [
      [[], 'RR8'],
      [['somebody-elses'], 'RR8'],
      [['approved'], 'RXF'],
    ] as const) {
      const authorization = await bearer(role, [...groups], ods);
      for (const route of guarded) {
        // RXF is not open: its operators may approve the first team.
        const first = ods === 'RXF' && route.policy === 'operations:approve' && role === 'operations';
        // A patient is in no team: the own record needs none.
        const own = role === 'patient' && mayAsk[route.policy]?.includes(role) === true;
        assert.equal((await serve(route, authorization)).status, first || own ? 204 : 403, `${role} ${route.name}`);
      }
    }
});

test('without a second factor nobody audits, operates or approves', async () => {
  const privileged = guarded.filter(({ policy }) => /^(audit|operations):/.test(policy));
  assert.ok(privileged.length > 3);
  for (const role of ['auditor', 'privacy-officer', 'operations'] as const)
    for (const amr of [undefined, [], ['pwd'], 'mfa']) {
      const claims = {
        roles: [role],
        idtyp: 'user',
        groups: ['approved'],
        ods: 'RR8',
        ...(amr === undefined ? {} : { amr }),
      };
      const authorization = await identity.bearer({ claims });
      for (const route of privileged)
        assert.equal((await serve(route, authorization)).status, 403, `${role} ${route.name}`);
    }
});

test("a patient's token without the patient whom it is for is refused", async () => {
  for (const patient of [undefined, '', 'a b', 7]) {
    const claims = { roles: ['patient'], idtyp: 'user', ods: 'RR8', ...(patient === undefined ? {} : { patient }) };
    for (const route of guarded) assert.equal((await serve(route, await identity.bearer({ claims }))).status, 401);
  }
});
