import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Actor, Scope } from '../../shared/context.ts';
import { type Answer, type FhirApi, type Sending, startFhirApi } from '../../test/support/fhir-api.ts';
import { encounter, patient, pulse, ward } from '../../test/support/record-samples.ts';

let api: FhirApi;
let mine = '';
let other = '';
let measured = '';
let measuredOfOther = '';

before(async () => {
  api = await startFhirApi();
  for (const resource of ward('J09')) await api.send('PUT', `Location/${resource.id}`, { body: resource });
  const create = async (type: string, body: unknown): Promise<string> =>
    (await api.send('POST', type, { body })).body.id ?? '';
  [mine, other] = [await create('Patient', patient('Mine')), await create('Patient', patient('Other'))];
  for (const id of [mine, other]) await create('Encounter', encounter(id, 'J09-01'));
  [measured, measuredOfOther] = [
    await create('Observation', pulse(mine, 61)),
    await create('Observation', pulse(other, 62)),
  ];
});
after(() => api.close());

/** An app that the nurse of the ward uses. @param scopes as `level/Type.letters` */
const app = (...scopes: readonly string[]): Partial<Actor> => ({
  grant: {
    app: 'growth-chart',
    patient: mine,
    scopes: scopes.map((text) => {
      const [level = '', type = '', letters = ''] = text.split(/[/.]/);
      return { level, type, interactions: new Set(letters) } as unknown as Scope;
    }),
  },
});
const send = (actor: Partial<Actor>, method: string, path: string, more: Sending = {}): Promise<Answer> =>
  api.send(method, path, { who: 'nurse', actor, ...more });

/** Refused with an OperationOutcome, and one entry that says so. */
async function refused(actor: Partial<Actor>, method: string, path: string, more: Sending = {}): Promise<void> {
  api.audited.length = 0;
  const { status, body } = await send(actor, method, path, more);
  assert.deepEqual(
    [status, body.resourceType, body.issue?.[0]?.code],
    [403, 'OperationOutcome', 'forbidden'],
    `${method} ${path}`,
  );
  assert.match(JSON.stringify(body), /The app was not granted/, `${method} ${path}`);
  assert.deepEqual(
    api.audited.map(({ outcome, reason, agent }) => [outcome, reason, agent.app]),
    [['4', 'forbidden', 'growth-chart']],
    `${method} ${path}`,
  );
}

test('without the scope every interaction is refused, and leaves one entry', async () => {
  const none = app('user/Condition.cruds');
  const body = pulse(mine, 70);
  await refused(none, 'GET', `Observation/${measured}`);
  await refused(none, 'GET', `Observation/${measured}/_history`);
  await refused(none, 'GET', `Observation/${measured}/_history/1`);
  await refused(none, 'GET', 'Observation/_history');
  await refused(none, 'GET', `Observation?patient=${mine}`);
  await refused(none, 'GET', `Patient/${mine}/Observation`);
  await refused(none, 'GET', `Patient/${mine}/$everything`);
  await refused(none, 'POST', 'Observation', { body });
  await refused(none, 'PUT', `Observation/${measured}`, { body: { ...body, id: measured } });
  await refused(none, 'DELETE', `Observation/${measured}`);
  await refused(none, 'PATCH', `Observation/${measured}`, {
    body: [{ op: 'replace', path: '/status', value: 'amended' }],
    headers: { 'content-type': 'application/json-patch+json' },
  });
});

test('reading does not open writing, nor writing reading', async () => {
  const body = pulse(mine, 71);
  await refused(app('user/*.rs'), 'POST', 'Observation', { body });
  await refused(app('user/*.cud'), 'GET', `Observation/${measured}`);
  assert.equal((await send(app('user/Observation.c'), 'POST', 'Observation', { body })).status, 201);
  await refused(app('user/Observation.c'), 'POST', 'Observation', {
    body,
    headers: { 'if-none-exist': `patient=${mine}&code=8867-4` },
  });
});

test('a scope for the patient of the launch shows that patient alone, by id, search, include, history and bundle', async () => {
  const own = app('patient/*.rs');
  assert.equal((await send(own, 'GET', `Observation/${measured}`)).status, 200);
  await refused(own, 'GET', `Observation/${measuredOfOther}`);
  await refused(own, 'GET', `Patient/${other}`);
  await refused(own, 'GET', `Patient/${other}/$everything`);
  const found = await send(own, 'GET', 'Observation?code=8867-4&_include=Observation:subject');
  assert.equal(found.status, 200);
  const names = (found.body.entry ?? []).map(({ resource }) => JSON.stringify(resource));
  assert.ok(names.length >= 2 && names.every((one) => one.includes(mine) && !one.includes(other)));
  assert.equal((await send(own, 'GET', `Observation?patient=${other}`)).body.total, 0);
  assert.equal((await send(own, 'GET', 'Patient?family=Other')).body.total, 0);
  const history = await send(own, 'GET', '_history');
  assert.doesNotMatch(JSON.stringify(history.body.entry), new RegExp(other));
  const batch = {
    resourceType: 'Bundle',
    type: 'batch',
    entry: [{ request: { method: 'GET', url: `Observation/${measuredOfOther}` } }],
  };
  await refused(own, 'POST', '', { body: batch });
  const writing = await send(app('patient/*.cruds'), 'POST', '', { body: batch });
  assert.equal(writing.body.entry?.[0]?.response?.status, '403');
});

test('of types that were not granted nothing comes along', async () => {
  const some = app('patient/Observation.rs', 'patient/Patient.r');
  const found = await send(some, 'GET', `Patient/${mine}/$everything`);
  assert.deepEqual([...new Set(found.body.entry?.map(({ resource }) => resource?.resourceType))].sort(), [
    ...['Observation', 'Patient'],
  ]);
  const included = await send(app('user/Encounter.rs'), 'GET', `Encounter?patient=${mine}&_include=*`);
  assert.deepEqual([...new Set(included.body.entry?.map(({ resource }) => resource?.resourceType))], ['Encounter']);
  await refused(app('user/Observation.rs'), 'GET', 'Observation?subject:Patient.family=Mine');
  await refused(app('user/Patient.rs'), 'GET', 'Patient?_has:Observation:patient:code=8867-4');
  const deleted = (await api.send('POST', 'Observation', { body: pulse(mine, 3) })).body.id ?? '';
  assert.equal((await api.send('DELETE', `Observation/${deleted}`)).status, 204);
  const history = await send(app('user/Encounter.rs'), 'GET', '_history?_count=200');
  assert.doesNotMatch(JSON.stringify(history.body.entry), new RegExp(deleted), 'not that something was deleted either');
});

test('what is for everybody is for apps of patients too, and the rest of the trust is not', async () => {
  assert.equal((await send(app('patient/*.rs'), 'GET', 'Location/J09')).status, 200);
  assert.equal((await send(app('patient/Observation.rs'), 'GET', 'Location/J09')).status, 403);
  const set = { resourceType: 'ValueSet', id: 'set-1', status: 'active', url: 'http://a.test/set' };
  await api.send('PUT', 'ValueSet/set-1', { body: set });
  await refused(app('patient/*.rs'), 'GET', 'ValueSet/set-1');
});

test('where apps sign in stands in one place, and the CapabilityStatement says the same', async () => {
  const { status, body } = await api.send('GET', '.well-known/smart-configuration');
  assert.equal(status, 200);
  assert.equal(body['authorization_endpoint'], 'https://issuer.test/authorize');
  assert.deepEqual(body['code_challenge_methods_supported'], ['S256']);
  assert.ok(['permission-v1', 'permission-v2'].every((one) => (body['capabilities'] as string[]).includes(one)));
  const statement = JSON.stringify((await api.send('GET', 'metadata')).body['rest']);
  assert.ok(
    statement.includes(String(body['authorization_endpoint'])) && statement.includes(String(body['token_endpoint'])),
  );
});
