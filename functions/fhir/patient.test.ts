import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Actor } from '../../shared/context.ts';
import { type Answer, type FhirApi, type Sending, startFhirApi } from '../../test/support/fhir-api.ts';
import { encounter, patient, pulse, ward } from '../../test/support/record-samples.ts';

let api: FhirApi;
let mine = '';
let other = '';
let measured = '';
let measuredOfOther = '';

const sealed = {
  meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' }] },
};

before(async () => {
  api = await startFhirApi();
  for (const resource of ward('J09')) await api.send('PUT', `Location/${resource.id}`, { body: resource });
  const create = async (type: string, body: unknown): Promise<string> =>
    (await api.send('POST', type, { body })).body.id ?? '';
  mine = await create('Patient', { ...patient('Mine'), ...sealed });
  other = await create('Patient', patient('Other'));
  for (const id of [mine, other]) await create('Encounter', encounter(id, 'J09-01'));
  [measured, measuredOfOther] = [
    await create('Observation', pulse(mine, 61)),
    await create('Observation', pulse(other, 62)),
  ];
  await create('Basic', { resourceType: 'Basic', id: 'x', code: { text: 'about nobody' } });
});
after(() => api.close());

const me = (more: Partial<Actor> = {}): Partial<Actor> => ({
  kind: 'patient',
  role: 'patient',
  id: 'me',
  teams: [],
  patient: mine,
  ...more,
});
const send = (method: string, path: string, more: Sending = {}): Promise<Answer> =>
  api.send(method, path, { who: 'nurse', actor: me(), ...more });

/** Refused, with one entry that says so and names whom it was about where it may. */
async function refused(method: string, path: string, more: Sending = {}): Promise<readonly string[]> {
  api.audited.length = 0;
  const { status, body } = await send(method, path, more);
  assert.deepEqual([status, body.issue?.[0]?.code], [403, 'forbidden'], `${method} ${path}`);
  assert.equal(api.audited.length, 1, `${method} ${path}`);
  assert.equal(api.audited[0]?.outcome, '4');
  return api.audited[0]?.patients ?? [];
}

test('a patient reads the own record, sealed as it is: by id, search, history and as a whole', async () => {
  for (const path of [`Patient/${mine}`, `Observation/${measured}`, `Observation/${measured}/_history`])
    assert.equal((await send('GET', path)).status, 200, path);
  assert.equal((await send('GET', `Observation?patient=${mine}`)).body.total, 1);
  const everything = (await send('GET', `Patient/${mine}/$everything`)).body.entry ?? [];
  assert.deepEqual([...new Set(everything.map(({ resource }) => resource?.resourceType))].sort(), [
    ...['Encounter', 'Location', 'Observation', 'Patient'],
  ]);
});

test("a patient reads nobody else's: what is asked for is refused, what is searched for is not found", async () => {
  assert.deepEqual(await refused('GET', `Patient/${other}`), [other], 'the other patient is told who tried');
  assert.deepEqual(await refused('GET', `Observation/${measuredOfOther}`), [other]);
  await refused('GET', `Observation/${measuredOfOther}/_history`);
  await refused('GET', `Observation/${measuredOfOther}/_history/1`);
  await refused('GET', `Patient/${other}/$everything`);
  for (const search of [
    ...[`Observation?patient=${other}`, `Observation?_id=${measuredOfOther}`, 'Patient?family=Other', 'Patient?name=O'],
    ...[
      `Patient/${other}/Observation`,
      `Encounter?subject=Patient/${other}`,
      'Basic',
      'Patient?_has:Observation:patient:value-quantity=62',
    ],
  ]) {
    const { status, body } = await send('GET', search);
    assert.deepEqual([status, body.total], [200, 0], search);
  }
  for (const whole of [
    'Observation?code=8867-4',
    'Encounter',
    '_history?_count=200',
    'Patient?_revinclude=Observation:patient',
  ]) {
    const { status, body } = await send('GET', whole);
    assert.equal(status, 200, whole);
    assert.doesNotMatch(JSON.stringify(body.entry), new RegExp(`${other}|${measuredOfOther}`), whole);
  }
});

test('a patient writes nothing, not even about the own record', async () => {
  const body = pulse(mine, 70);
  await refused('POST', 'Observation', { body });
  await refused('POST', 'Consent', { body: { resourceType: 'Consent' } });
  await refused('PUT', `Observation/${measured}`, { body: { ...body, id: measured } });
  await refused('PUT', `Patient?_id=${mine}`, { body: { ...patient('Changed'), id: mine } });
  await refused('DELETE', `Observation/${measured}`);
  await refused('DELETE', `Observation?_id=${measured}`);
  await refused('PATCH', `Patient/${mine}`, {
    body: [{ op: 'replace', path: '/birthDate', value: '2000-01-01' }],
    headers: { 'content-type': 'application/json-patch+json' },
  });
  for (const type of ['batch', 'transaction']) {
    const entry = [{ request: { method: 'POST', url: 'Observation' }, resource: body }];
    await refused('POST', '', { body: { resourceType: 'Bundle', type, entry } });
  }
  assert.equal((await send('GET', `Observation/${measured}`)).body.meta?.versionId, '1');
});

test('no claim makes a patient somebody else', async () => {
  const status = async (actor: Partial<Actor>, path: string) =>
    (await api.send('GET', path, { who: 'nurse', actor })).status;
  assert.equal(await status(me({ patient: '' }), `Patient/${mine}`), 403);
  assert.equal(await status(me({ patient: `${mine}.` }), `Patient/${mine}`), 403);
  assert.equal(await status(me({ patient: mine.toUpperCase() }), `Patient/${mine}`), 403);
  assert.equal(await status(me({ trust: 'RXF' }), `Patient/${mine}`), 404, 'in another trust the same id is nobody');
  assert.equal(await status(me({ teams: ['RR8-J09-nursing'] }), `Patient/${other}`), 403, 'a team makes no staff');
  assert.equal(await status({ patient: mine }, `Patient/${mine}`), 403, 'staff who name a patient are not the patient');
});

test('a page that somebody else was given opens nothing', async () => {
  for (const value of [63, 64]) await api.send('POST', 'Observation', { body: pulse(other, value) });
  const paged = await api.send('GET', 'Observation?_count=1', { who: 'nurse' });
  const link = paged.body.link?.find(({ relation }) => relation === 'next')?.url ?? '';
  assert.match(link, /_cursor=/);
  assert.equal((await send('GET', link)).status, 400);
});

test('a search that names no patient stays in the own record: it costs one query, however large the trust is', async () => {
  api.spent();
  const { body } = await send('GET', 'Observation?code=8867-4');
  assert.ok((body.total ?? 0) > 0);
  assert.equal(api.spent().requests, 1);
});
