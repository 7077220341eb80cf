import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Policy } from '../shared/access/index.ts';
import type { Call } from '../shared/context.ts';
import { WardlineError } from '../shared/errors.ts';
import { type FhirResource, parseSearch, validateResource } from '../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply, Route } from '../shared/http.ts';
import { emergencyReview } from '../shared/records/index.ts';
import { encounter, pulse, patient as samplePatient, ward } from '../test/support/record-samples.ts';
import { callOf, type RecordStore, startRecordStore } from '../test/support/records.ts';
import { explainRoutes } from './access-explain.ts';
import { emergencyRoutes } from './emergency.ts';

let store: RecordStore;
const told: unknown[] = [];
before(async () => {
  store = await startRecordStore();
  const { records } = store.process();
  for (const resource of [...ward('J09'), ...ward('J10')])
    await records.commit(
      callOf(),
      'RR8',
      [{ kind: 'update', type: 'Location', id: resource.id ?? '', resource, allowCreate: true }],
      facts,
    );
});
after(() => store.close());

const facts = { subtype: 'create', action: 'C' } as const;
const as = (who: Parameters<typeof callOf>[0], policy: Policy): Call => ({ ...callOf(who), policy });
const telemetry = { event: (name: string, attributes: object) => void told.push({ name, ...attributes }) };

/** Calls a route's handler as somebody, in a process whose clock is ahead by some milliseconds. */
async function call(
  name: string,
  who: Parameters<typeof callOf>[0],
  more: Partial<AuthorisedRequest>,
  ahead = 0,
): Promise<Reply> {
  const { records, access, clock } = store.process({ ahead });
  const routes = [...emergencyRoutes({ records, clock, telemetry } as never), ...explainRoutes({ records, access })];
  const route = routes.find((one) => one.name === name) as Extract<Route, { policy: Policy }> | undefined;
  assert.ok(route !== undefined && route.policy !== 'public');
  const request = {
    call: as(who, route.policy),
    params: {},
    query: new URLSearchParams(),
    headers: new Headers(),
    ...more,
  };
  return (route.handler as (request: unknown) => Promise<Reply>)(request);
}
const open = (who: 'nurse' | 'stranger', patient: string, more: object = {}): Promise<Reply> =>
  call('openEmergencyAccess', who, {
    json: async () => ({ patient, reason: 'ETREAT', text: 'Found unconscious in the corridor', ...more }),
  });

/** A patient in a ward, with a measured pulse. */
async function admitted(bed: string, more: object = {}): Promise<{ id: string; observation: string }> {
  const { records } = store.process();
  const create = async (resource: FhirResource): Promise<string> =>
    (await records.commit(callOf(), 'RR8', [{ kind: 'create', resource }], facts)).changes[0]?.id ?? '';
  const id = await create({ ...samplePatient('Sealed'), ...more });
  await create(encounter(id, bed));
  return { id, observation: await create(pulse(id, 61)) };
}
const labelled = (code: string, system = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality') => ({
  meta: { security: [{ system, code }] },
});

/** What somebody gets who reads an observation and searches for it: the reason of a refusal, or that it was seen. */
async function sees(
  who: 'nurse' | 'stranger' | 'integration',
  { id, observation }: { id: string; observation: string },
  ahead = 0,
): Promise<string> {
  const { records } = store.process({ ahead });
  const found = await records.search(
    as(who, 'record:search'),
    'RR8',
    parseSearch('Observation', new URLSearchParams({ patient: id })),
  );
  try {
    await records.read(as(who, 'record:read'), 'RR8', { type: 'Observation', id: observation });
    assert.equal(found.total, 1, 'what may be read is found');
    return 'seen';
  } catch (error) {
    assert.ok(error instanceof WardlineError, String(error));
    assert.equal(error.code, 'forbidden');
    assert.equal(found.total, 0, 'what may not be read is not found');
    return error.message;
  }
}

test('a sealed record opens to who asks for emergency access, to nobody else, and for an hour', async () => {
  const patient = await admitted('J09-01', labelled('V'));
  assert.match(await sees('nurse', patient), /sealed/);
  assert.match(await sees('integration', patient), /sealed/);
  const { status, json } = await open('nurse', patient.id);
  assert.equal(status, 201);
  const { until, review } = json as { until: string; review: string };
  assert.ok(Math.abs(Date.parse(until) - Date.now() - 3_600_000) < 60_000, until);
  assert.equal(await sees('nurse', patient), 'seen');
  assert.match(await sees('stranger', patient), /sealed/);
  assert.match(await sees('nurse', patient, 61 * 60_000), /sealed/);
  const task = await store
    .process()
    .records.read(as('nurse', 'record:read'), 'RR8', { type: 'Task', id: review.slice(5) });
  assert.equal((await validateResource(task.found.resource)).resourceType, 'Task');
  assert.equal(
    (task.found.resource as { reasonCode?: { text?: string } }).reasonCode?.text,
    'Found unconscious in the corridor',
  );
});

test('emergency access needs no relationship, and the alert names neither patient nor person', async () => {
  const patient = await admitted('J09-01');
  assert.match(await sees('stranger', patient), /no ward that your teams care for/);
  told.length = 0;
  await open('stranger', patient.id);
  assert.equal(await sees('stranger', patient), 'seen');
  assert.equal(told.length, 1);
  assert.deepEqual(Object.keys(told[0] as object).sort(), ['entry', 'name']);
  assert.doesNotMatch(JSON.stringify(told), new RegExp(`${patient.id}|actor-nurse`));
});

test('a Task that looks like a review, written by another route, opens nothing', async () => {
  const patient = await admitted('J10-01', labelled('V'));
  const forged = {
    ...{ resourceType: 'Task', status: 'requested', intent: 'order', code: { coding: [emergencyReview] } },
    for: { reference: `Patient/${patient.id}` },
    restriction: { period: { end: '2099-01-01T00:00:00Z' } },
  };
  await store.process().records.commit(callOf(), 'RR8', [{ kind: 'create', resource: forged }], facts);
  assert.match(await sees('stranger', patient), /sealed/);
});

test('a public person and a member of staff are for nurses and doctors; taking the label away opens the record', async () => {
  const patient = await admitted('J09-01', labelled('EMP', 'http://terminology.hl7.org/CodeSystem/v3-ActCode'));
  const ask = async (role: string): Promise<unknown> =>
    (
      await call('explainAccessOf', 'nurse', {
        params: { agent: 'somebody' },
        query: new URLSearchParams({ role, patient: patient.id, team: 'RR8-J09-nursing' }),
      })
    ).json;
  assert.deepEqual(await ask('nurse'), { policy: 'record:read', allowed: true, basis: 'relationship', by: 'ward' });
  assert.equal(((await ask('ward-clerk')) as { reason: string }).reason, 'restriction');
  const resource = { ...samplePatient('Sealed'), id: patient.id };
  await store
    .process()
    .records.commit(callOf(), 'RR8', [{ kind: 'update', type: 'Patient', id: patient.id, resource }], facts);
  assert.equal(((await ask('ward-clerk')) as { basis: string }).basis, 'relationship');
});

test('whom a patient objects to by a Consent is refused until it is withdrawn', async () => {
  const patient = await admitted('J09-01');
  const consent = {
    ...{ resourceType: 'Consent', status: 'active', patient: { reference: `Patient/${patient.id}` } },
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ text: 'objection' }],
    policyRule: { text: 'Objection to access' },
    provision: {
      type: 'deny',
      actor: [{ role: { text: 'staff' }, reference: { identifier: { value: callOf('nurse').actor.id } } }],
    },
  };
  await validateResource(consent);
  const { records } = store.process();
  const { changes } = await records.commit(callOf(), 'RR8', [{ kind: 'create', resource: consent }], facts);
  assert.match(await sees('nurse', patient), /objects/);
  const id = changes[0]?.id ?? '';
  await records.commit(
    callOf(),
    'RR8',
    [{ kind: 'update', type: 'Consent', id, resource: { ...consent, id, status: 'inactive' } }],
    facts,
  );
  assert.equal(await sees('nurse', patient), 'seen');
});

test('a labelled resource of an open record is left to clinicians, or to emergency access', async () => {
  const patient = await admitted('J09-01');
  const { records } = store.process();
  const create = async (code: string, system?: string): Promise<{ id: string; observation: string }> => {
    const resource = { ...pulse(patient.id, 70), ...labelled(code, system) };
    const { changes } = await records.commit(callOf(), 'RR8', [{ kind: 'create', resource }], facts);
    return { id: patient.id, observation: changes[0]?.id ?? '' };
  };
  const clerk = { ...callOf('nurse').actor, role: 'ward-clerk' } as const;
  const asClerk = (policy: Policy): Call => ({ ...callOf(), policy, actor: clerk });
  const hiv = await create('HIV', 'http://terminology.hl7.org/CodeSystem/v3-ActCode');
  const sealed = await create('V');
  const ref = (id: string) => ({ type: 'Observation', id });
  const found = async (call: Call): Promise<number> =>
    (await records.search(call, 'RR8', parseSearch('Observation', new URLSearchParams({ patient: patient.id }))))
      .total ?? -1;

  assert.equal((await records.read(as('nurse', 'record:read'), 'RR8', ref(hiv.observation))).found.patient, patient.id);
  assert.equal(await found(as('nurse', 'record:search')), 2, 'the open one and the sensitive one');
  assert.equal(await found(asClerk('record:search')), 1, 'the open one');
  for (const { observation } of [hiv, sealed]) {
    await assert.rejects(records.read(asClerk('record:read'), 'RR8', ref(observation)), { code: 'forbidden' });
    await assert.rejects(records.vread(asClerk('record:read'), 'RR8', ref(observation), '1'), { code: 'forbidden' });
    await assert.rejects(records.history(asClerk('record:read'), 'RR8', ref(observation)), { code: 'forbidden' });
  }
  await assert.rejects(records.read(as('nurse', 'record:read'), 'RR8', ref(sealed.observation)), /sealed/);
  await open('nurse', patient.id);
  assert.equal(
    (await records.read(as('nurse', 'record:read'), 'RR8', ref(sealed.observation))).found.patient,
    patient.id,
  );
  assert.equal(await found(as('nurse', 'record:search')), 3);
});

test('a patient sees the own record, sealed or not, and nothing of others', async () => {
  const [own, other] = [await admitted('J09-01', labelled('V')), await admitted('J09-02')];
  const { records } = store.process();
  const actor = {
    kind: 'patient',
    id: 'p',
    displayName: '',
    role: 'patient',
    trust: 'RR8',
    teams: [],
    patient: own.id,
  } as const;
  const asPatient = (policy: Policy): Call => ({ ...callOf(), policy, actor });
  const read = (type: string, id: string) => records.read(asPatient('record:read'), 'RR8', { type, id });
  assert.equal((await read('Observation', own.observation)).found.patient, own.id);
  await assert.rejects(read('Observation', other.observation), /own record only/);
  await assert.rejects(read('Patient', other.id), /own record only/);
  assert.equal((await read('Location', 'J09')).found.resource.id, 'J09');
  const { changes } = await records.commit(
    callOf(),
    'RR8',
    [
      {
        kind: 'create',
        resource: { resourceType: 'Task', status: 'requested', intent: 'order', description: 'of the staff' },
      },
    ],
    facts,
  );
  await assert.rejects(read('Task', changes[0]?.id ?? ''), /own record only/);
  for (const type of ['Task', 'Patient', 'Observation']) {
    const query = parseSearch(type, new URLSearchParams(type === 'Observation' ? { patient: other.id } : {}));
    const found = await records.search(asPatient('record:search'), 'RR8', query).catch((error: unknown) => {
      assert.ok(error instanceof WardlineError, String(error));
      return { matches: [] };
    });
    for (const { patient } of found.matches) assert.equal(patient, own.id, type);
  }
  await assert.rejects(
    records.commit(asPatient('record:write'), 'RR8', [{ kind: 'create', resource: pulse(own.id, 60) }], facts),
    /does not include record:write/,
  );
});

test('the explanation is the decision, and does not tell whether a patient exists', async () => {
  const patient = await admitted('J09-01');
  const ask = async (who: 'nurse' | 'stranger', query: Record<string, string>) =>
    (await call('explainAccess', who, { query: new URLSearchParams(query) })).json;
  assert.deepEqual(await ask('nurse', { patient: patient.id }), {
    policy: 'record:read',
    allowed: true,
    basis: 'relationship',
    by: 'ward',
  });
  assert.deepEqual(await ask('stranger', { patient: patient.id }), await ask('stranger', { patient: 'nobody' }));
  assert.equal(
    (
      (await ask('nurse', { patient: patient.id, policy: 'record:write', type: 'MedicationRequest' })) as {
        reason: string;
      }
    ).reason,
    'role',
  );
  await assert.rejects(ask('nurse', { policy: 'operations:run' }), /policy is one of/);
});

test('without reason, words or patient nothing opens', async () => {
  const patient = await admitted('J10-01');
  await assert.rejects(open('nurse', patient.id, { reason: 'CURIOUS' }), /one of ETREAT/);
  await assert.rejects(open('nurse', patient.id, { text: 'because' }), /10 to 500 characters/);
  await assert.rejects(open('nurse', patient.id, { text: 'x'.repeat(501) }), /10 to 500 characters/);
  await assert.rejects(open('nurse', 'a b'), /id of the Patient/);
  await assert.rejects(open('nurse', 'nobody'), WardlineError);
  assert.match(await sees('nurse', patient), /no ward/);
});
