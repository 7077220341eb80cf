import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inPlainWords } from '../shared/audit/index.ts';
import type { Actor } from '../shared/context.ts';
import { WardlineError } from '../shared/errors.ts';
import type { Reply } from '../shared/http.ts';
import { type Answer, type FhirApi, type Sending, startFhirApi } from '../test/support/fhir-api.ts';
import { encounter, patient, pulse, ward } from '../test/support/record-samples.ts';
import { callOf } from '../test/support/records.ts';
import { explainRoutes } from './access-explain.ts';
import { agreementRoutes } from './agreements.ts';

const elsewhere = 'trusts/RR8/fhir';
let api: FhirApi;
let referred = '';
let other = '';
let measured = '';

before(async () => {
  api = await startFhirApi();
  for (const trust of ['RXF', 'RQQ'])
    await api.store.process().access.approveTeam(trust, { name: 'RXF-X01-nursing', wards: ['X01'] });
  for (const resource of ward('J09')) await api.send('PUT', `Location/${resource.id}`, { body: resource });
  const create = async (type: string, body: unknown): Promise<string> =>
    (await api.send('POST', type, { body })).body.id ?? '';
  [referred, other] = [await create('Patient', patient('Referred')), await create('Patient', patient('Other'))];
  for (const id of [referred, other]) await create('Encounter', encounter(id, 'J09-01'));
  measured = await create('Observation', pulse(referred, 61));
  await create('Observation', pulse(other, 62));
  await create('ServiceRequest', {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    subject: { reference: `Patient/${referred}` },
    performer: [{ identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'RXF' } }],
  });
});
after(() => api.close());

const nurse: Partial<Actor> = { id: 'nurse-x01', trust: 'RXF', teams: ['RXF-X01-nursing'] };
const send = (path: string, more: Sending = {}, method = 'GET'): Promise<Answer> =>
  api.send(method, path, { who: 'nurse', actor: nurse, base: elsewhere, ...more });

/** Calls a route as an operator of RR8. */
async function operate(name: string, ods: string, body?: unknown): Promise<Reply> {
  const { access, clock } = api.store.process();
  const route = agreementRoutes({ access, clock }).find((one) => one.name === name);
  assert.ok(route);
  const call = { ...callOf(), actor: { ...callOf('nurse').actor, role: 'operations' as const } };
  return (route.handler as (request: unknown) => Promise<Reply>)({ call, params: { ods }, json: async () => body });
}
const inDays = (days: number): string => new Date(Date.now() + days * 24 * 3_600_000).toISOString();
const usual = { roles: ['nurse'], types: ['Observation', 'Patient'], purpose: 'TREAT', until: inDays(30) };

test('without an agreement another trust is refused in the same words, whatever is asked, and its trail says nothing', async () => {
  for (const [method, path] of [
    ['GET', `Patient/${referred}`],
    ['GET', 'Patient/nobody'],
    ['GET', 'Observation?code=8867-4'],
    ['GET', 'Observation?_cursor=x'],
    ['GET', '_history'],
    ['GET', `Patient/${referred}/$everything`],
    ['POST', 'Observation'],
    ['POST', 'Observation/$validate'],
    ['POST', ''],
  ] as const) {
    api.audited.length = 0;
    const { status, body } = await send(path, { body: pulse(referred, 1) }, method);
    assert.equal(status, 403, `${method} ${path}`);
    assert.match(JSON.stringify(body), /You belong to RXF; this is a record of RR8/, `${method} ${path}`);
    assert.deepEqual(
      api.audited.map(({ trust, outcome }) => [trust, outcome]),
      [['RXF', '4']],
    );
  }
  const nowhere = await api.send('GET', 'Observation?_cursor=x', {
    who: 'nurse',
    actor: nurse,
    base: 'trusts/ZZZ/fhir',
  });
  assert.equal(nowhere.status, 403, 'a trust that does not exist is told like any other');
});

test('an agreement that says what it cannot mean is refused with what it should be', async () => {
  const wrong: [string, object][] = [
    ['roles', { roles: ['auditor'] }],
    ['roles', { roles: [] }],
    ['roles', { roles: 'nurse' }],
    ['types', { types: ['*'] }],
    ['types', { types: ['AuditEvent'] }],
    ['types', { types: ['Observation', 'Observation'] }],
    ['types', { types: undefined }],
    ['purpose', { purpose: 'RESEARCH' }],
    ['until', { until: inDays(-1) }],
    ['until', { until: inDays(367) }],
    ['until', { until: '2027-01-01' }],
    ['until', { until: 7 }],
    ['agreement', { wards: ['*'] }],
  ];
  for (const [expression, change] of wrong)
    await assert.rejects(operate('makeAgreement', 'RXF', { ...usual, ...change }), (error) => {
      assert.ok(error instanceof WardlineError && error.code === 'invalid-body');
      assert.equal(error.problems[0]?.expression, expression);
      return true;
    });
  for (const ods of ['RR8', '', 'rxf', 'R|X', '../RXF'])
    await assert.rejects(operate('makeAgreement', ods, usual), { code: 'invalid-parameter' });
  for (const body of [undefined, null, 7, 'x', []])
    await assert.rejects(operate('makeAgreement', 'RXF', body), WardlineError);
});

const types = ({ body }: Answer): string[] =>
  [...new Set((body.entry ?? []).map(({ resource }) => String(resource?.resourceType)))].sort();

test('by an agreement staff of another trust read what it says, and the trail of the owning trust says who', async () => {
  assert.equal((await operate('makeAgreement', 'RXF', usual)).status, 200);
  // Where there was none, it is looked for again after a second.
  await sleep(1_100);
  api.audited.length = 0;
  const read = await send(`Observation/${measured}`);
  assert.equal(read.status, 200);
  const [entry] = api.audited;
  assert.deepEqual(
    [api.audited.length, entry?.trust, entry?.agent.trust, entry?.patients],
    [1, 'RR8', 'RXF', [referred]],
  );
  assert.ok(entry);
  assert.match(inPlainWords(entry).text, /a nurse of RXF looked at your measurements and results, to care for you/);
  assert.equal((await send(`Patient/${referred}`)).status, 200);
  assert.equal((await send(`Observation?patient=${referred}`)).body.total, 1);
  assert.equal((await send('Observation?code=8867-4')).body.total, 1, 'of all patients those who are referred');
  assert.deepEqual(types(await send(`Patient/${referred}/$everything`)), ['Observation', 'Patient']);
  const included = await send(`Observation?patient=${referred}&_include=*&_revinclude=Observation:subject`);
  assert.deepEqual(types(included), ['Observation', 'Patient']);
  const history = await send('_history?_count=100');
  assert.deepEqual(
    types(history).filter((type) => type !== 'Location'),
    ['Observation', 'Patient'],
  );
  assert.doesNotMatch(JSON.stringify(history.body), new RegExp(other));
  api.audited.length = 0;
  assert.equal((await send(`Observation?patient=${other}`)).body.total, 0);
  assert.deepEqual(
    api.audited.map(({ trust, outcome }) => [trust, outcome]),
    [['RR8', '0']],
    'that nothing was found too',
  );
});

test('what an agreement does not say is refused with what is missing, and nothing is written', async () => {
  const refused = async (
    path: string,
    words: RegExp,
    method = 'GET',
    more: Sending = {},
  ): Promise<readonly [string | undefined, readonly string[]]> => {
    api.audited.length = 0;
    const { status, body } = await send(path, more, method);
    assert.equal(status, 403, `${method} ${path}`);
    assert.match(JSON.stringify(body), words);
    assert.equal(api.audited.length, 1);
    return [api.audited[0]?.trust, api.audited[0]?.patients ?? []];
  };
  assert.deepEqual(
    await refused(`Patient/${other}`, /No referral, care team, appointment or open task/),
    ['RR8', [other]],
    'the trust whose record it is, and the patient, are told who tried',
  );
  await refused('Encounter', /does not include Encounter/);
  await refused(
    'Observation?subject:Patient.general-practitioner:Practitioner.family=x',
    /does not include Practitioner|agreement/,
  );
  await refused(`Observation?encounter:Encounter.status=in-progress`, /does not include Encounter/);
  await refused('Observation', /lets staff read, and nobody do anything else/, 'POST', { body: pulse(referred, 1) });
  await refused(`Observation/${measured}`, /lets staff read/, 'DELETE');
  await refused('', /lets staff read/, 'POST', {
    body: {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [{ request: { method: 'GET', url: `Patient/${referred}` } }],
    },
  });
  await refused(`Patient/${referred}`, /does not include the role doctor/, 'GET', {
    actor: { ...nurse, role: 'doctor' },
  });
  await refused(`Patient/${referred}`, /None of your teams/, 'GET', {
    actor: { ...nurse, teams: ['RR8-J09-nursing'] },
  });
  await refused(`Patient/${referred}`, /You belong to RQQ/, 'GET', { actor: { ...nurse, trust: 'RQQ' } });
  const system = { actor: { ...nurse, kind: 'system', role: 'integration' } } as const;
  await refused(`Patient/${referred}`, /lets staff read/, 'GET', system);
});

test('why somebody may read elsewhere, or not, is told; of a trust that shares nothing nothing is looked up', async () => {
  const { records, access } = api.store.process();
  const [route] = explainRoutes({ records, access });
  const handler = route?.handler as unknown as (request: unknown) => Promise<Reply>;
  const explain = (query: Record<string, string>): Promise<Reply> =>
    handler({
      call: { ...callOf('nurse'), actor: { ...callOf('nurse').actor, ...nurse } },
      query: new URLSearchParams(query),
    });
  const known = await explain({ trust: 'RR8', patient: referred });
  const { basis, by } = known.json as { basis: string; by: string };
  assert.deepEqual([basis, by], ['agreement', 'referral']);
  assert.deepEqual([known.disclosed?.trust, known.disclosed?.patients], ['RR8', [referred]]);
  const stranger = (await explain({ trust: 'RR8', patient: other })).json;
  assert.match(JSON.stringify(stranger), /"reason":"relationship"/);
  assert.deepEqual((await explain({ trust: 'RR8', patient: 'nobody' })).json, stranger);
  const nowhere = await explain({ trust: 'ZZZ', patient: referred });
  assert.match(JSON.stringify(nowhere.json), /"reason":"trust"/);
  assert.equal(nowhere.disclosed?.trust, undefined);
  await assert.rejects(explain({ trust: '../x' }), { code: 'invalid-parameter' });
});

test('a patient who objects to the other trust is not read there, and is again when the objection ends', async () => {
  const consent = {
    resourceType: 'Consent',
    id: 'not-there',
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: `Patient/${referred}` },
    policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTOUT' }] },
    provision: {
      type: 'deny',
      actor: [
        {
          role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
          reference: { identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'RXF' } },
        },
      ],
    },
  };
  assert.equal((await api.send('PUT', 'Consent/not-there', { body: consent })).status, 201);
  const refused = await send(`Patient/${referred}`);
  assert.equal(refused.status, 403);
  assert.match(JSON.stringify(refused.body), /The patient objects/);
  assert.equal(
    (await api.send('GET', `Patient/${referred}`, { who: 'nurse' })).status,
    200,
    'at home it changes nothing',
  );
  await api.send('PUT', 'Consent/not-there', { body: { ...consent, status: 'inactive' } });
  assert.equal((await send(`Patient/${referred}`)).status, 200);
});

test('pages lead on under the address of the trust whose records they are', async () => {
  await api.send('POST', 'Observation', { body: pulse(referred, 63) });
  const first = await send(`Observation?patient=${referred}&_count=1`);
  const next = first.body.link?.find(({ relation }) => relation === 'next')?.url ?? '';
  assert.match(next, /\/trusts\/RR8\/fhir\/Observation\?_cursor=/);
  const second = await send(next);
  assert.equal(second.status, 200);
  assert.notEqual(second.body.entry?.[0]?.resource?.id, first.body.entry?.[0]?.resource?.id);
  const own = next.replace('/trusts/RR8/fhir', '/fhir');
  assert.equal((await api.send('GET', own, { who: 'nurse', actor: nurse })).status, 400, 'and nowhere else');
});

test('agreements are told to whom they are of, replaced as a whole, and ended', async () => {
  const told = async (): Promise<{ agreements: { with: string; types: string[]; stands: boolean }[] }> =>
    (await operate('readAgreements', '')).json as never;
  assert.deepEqual(
    (await told()).agreements.map((one) => [one.with, one.types, one.stands]),
    [['RXF', usual.types, true]],
  );
  await operate('makeAgreement', 'RXF', { ...usual, types: ['Patient'] });
  const reads = async (type: string, id: string, ahead = 0): Promise<string> => {
    const { records } = api.store.process({ ahead });
    const call = { ...callOf('nurse'), policy: 'record:read', actor: { ...callOf('nurse').actor, ...nurse } };
    return records.read(call, 'RR8', { type, id }).then(
      () => 'read',
      (error: WardlineError) => error.code,
    );
  };
  assert.deepEqual([await reads('Patient', referred), await reads('Observation', measured)], ['read', 'forbidden']);
  assert.equal(await reads('Patient', referred, 31 * 24 * 3_600_000), 'forbidden', 'when it has run out');
  assert.equal((await operate('endAgreement', 'RXF')).status, 204);
  assert.equal(await reads('Patient', referred), 'forbidden');
  await assert.rejects(operate('endAgreement', 'RXF'), { code: 'not-found' });
  assert.deepEqual((await told()).agreements, []);
});

test('operators who make agreements at the same moment lose none of them', async () => {
  const others = ['RAA', 'RBB', 'RCC', 'RDD'];
  await Promise.all(others.map((ods) => operate('makeAgreement', ods, usual)));
  const { agreements } = (await operate('readAgreements', '')).json as { agreements: { with: string }[] };
  assert.deepEqual(
    agreements.map((one) => one.with),
    others,
  );
});
