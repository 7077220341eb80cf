import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Policy } from '../shared/access/index.ts';
import type { Call } from '../shared/context.ts';
import { WardlineError } from '../shared/errors.ts';
import { type FhirResource, parseSearch } from '../shared/fhir/index.ts';
import type { Reply } from '../shared/http.ts';
import { encounter, pulse, patient as samplePatient, ward } from '../test/support/record-samples.ts';
import { callOf, type RecordStore, startRecordStore } from '../test/support/records.ts';
import { explainRoutes } from './access-explain.ts';

/** A nurse of J10 and patients of J09: what makes her have to do with them, and until when. */
let store: RecordStore;
const facts = { subtype: 'create', action: 'C' } as const;
const day = 24 * 3_600_000;
const today = new Date().toISOString().slice(0, 10);
const inDays = (days: number): string => new Date(Date.parse(today) + days * day).toISOString();

before(async () => {
  store = await startRecordStore();
  for (const resource of [...ward('J09'), ...ward('J10')]) await put(resource);
});
after(() => store.close());

async function put(resource: FhirResource, ahead = 0): Promise<void> {
  const { records } = store.process({ ahead });
  const { resourceType: type, id = '' } = resource;
  await records.commit(callOf(), 'RR8', [{ kind: 'update', type, id, resource, allowCreate: true }], facts);
}
const as = (policy: Policy): Call => ({ ...callOf('stranger'), policy });

/** A patient on J09 with a measured pulse. */
async function admitted(): Promise<{ id: string; observation: string }> {
  const { records } = store.process();
  const create = async (resource: FhirResource): Promise<string> =>
    (await records.commit(callOf(), 'RR8', [{ kind: 'create', resource }], facts)).changes[0]?.id ?? '';
  const id = await create(samplePatient('Related'));
  await create(encounter(id, 'J09-01'));
  return { id, observation: await create(pulse(id, 61)) };
}

/** Whether the nurse of J10 reads and finds a patient's pulse: both, or neither. */
async function sees({ id, observation }: { id: string; observation: string }, ahead = 0): Promise<boolean> {
  const { records } = store.process({ ahead });
  const query = parseSearch('Observation', new URLSearchParams({ patient: id }));
  const { total } = await records.search(as('record:search'), 'RR8', query);
  const read = await records.read(as('record:read'), 'RR8', { type: 'Observation', id: observation }).then(
    () => true,
    (error) => {
      if (error instanceof WardlineError && error.code === 'forbidden') return false;
      throw error;
    },
  );
  assert.equal(read, total > 0);
  return read;
}

async function explained(patient: string, ahead = 0): Promise<object> {
  const { records, access } = store.process({ ahead });
  const [route] = explainRoutes({ records, access });
  const handler = route?.handler as unknown as (request: unknown) => Promise<Reply>;
  const request = { call: as('access:explain'), params: {}, query: new URLSearchParams({ patient }) };
  return (await handler(request)).json as object;
}

const person = { identifier: { system: 'https://wardline.nhs.uk/directory/RR8', value: 'actor-nurse-j10' } };
const team = { identifier: { system: 'https://wardline.nhs.uk/team/RR8', value: 'RR8-J10-nursing' } };
const clinic = { reference: 'Location/J10' };
const subjectOf = (id: string) => ({ reference: `Patient/${id}` });

/** What each kind looks like, when it ends, and what ends it before. */
const kinds: readonly {
  readonly by: string;
  readonly resource: (patient: string) => FhirResource;
  readonly days: number;
  readonly ended: object;
}[] = [
  {
    by: 'clinic',
    resource: (patient) =>
      ({
        resourceType: 'Appointment',
        status: 'booked',
        start: inDays(5),
        end: inDays(5),
        participant: [
          { actor: subjectOf(patient), status: 'accepted' },
          { actor: clinic, status: 'accepted' },
        ],
      }) as FhirResource,
    days: 35,
    ended: { status: 'cancelled' },
  },
  {
    by: 'referral',
    resource: (patient) =>
      ({
        resourceType: 'ServiceRequest',
        status: 'active',
        intent: 'order',
        subject: subjectOf(patient),
        authoredOn: inDays(0),
        performer: [team],
      }) as FhirResource,
    days: 126,
    ended: { status: 'completed' },
  },
  {
    by: 'care-team',
    resource: (patient) =>
      ({
        resourceType: 'CareTeam',
        status: 'active',
        subject: subjectOf(patient),
        participant: [{ member: person, period: { end: inDays(12) } }],
      }) as FhirResource,
    days: 12,
    ended: { participant: [] },
  },
  {
    by: 'task',
    resource: (patient) =>
      ({
        resourceType: 'Task',
        status: 'requested',
        intent: 'order',
        for: subjectOf(patient),
        owner: person,
        restriction: { period: { end: inDays(3) } },
      }) as FhirResource,
    days: 3,
    ended: { status: 'completed' },
  },
];

for (const { by, resource, days, ended } of kinds)
  test(`${by}: opens a record, is explained, and ends: by its date, by its status, and with the resource`, async () => {
    const who = await admitted();
    assert.equal(await sees(who), false);
    const cause = { ...resource(who.id), id: `cause-${by}` };
    await put(cause);
    assert.equal(await sees(who), true);
    const until = inDays(days);
    assert.deepEqual(await explained(who.id), {
      policy: 'record:read',
      allowed: true,
      basis: 'relationship',
      by,
      until,
    });
    const left = Date.parse(until) - Date.now();
    assert.equal(await sees(who, left - 60_000), true, 'until a minute before');
    assert.equal(await sees(who, left + 1_000), false, 'and no longer');
    assert.match(JSON.stringify(await explained(who.id, left + 1_000)), /"allowed":false,"reason":"relationship"/);
    await put({ ...cause, ...ended });
    assert.equal(await sees(who), false, 'ended');
    await put(cause);
    assert.equal(await sees(who), true);
    const { records } = store.process();
    const { resourceType: type, id } = cause;
    await records.commit(callOf(), 'RR8', [{ kind: 'delete', type, id }], { subtype: 'delete', action: 'D' });
    assert.equal(await sees(who), false, 'deleted');
  });

test('the ward opens a record until the patient leaves it', async () => {
  const who = await admitted();
  const stay = { ...encounter(who.id, 'J10-01'), id: 'stay-j10' };
  await put(stay);
  assert.equal(await sees(who), true);
  assert.deepEqual(await explained(who.id), {
    policy: 'record:read',
    allowed: true,
    basis: 'relationship',
    by: 'ward',
  });
  await put({ ...encounter(who.id, undefined), id: 'stay-j10' });
  assert.equal(await sees(who), false);
});

test('no relationship outlasts its limit, whatever its resource says, and what names nobody known makes none', async () => {
  const task = kinds[3]?.resource ?? (() => ({ resourceType: 'Task' }));
  const who = await admitted();
  await put({ ...task(who.id), id: 'for-ever', restriction: { period: { end: '2999-01-01' } } } as FhirResource);
  const { until } = (await explained(who.id)) as { until: string };
  assert.ok(Date.parse(until) <= Date.now() + 90 * day);
  const other = await admitted();
  for (const owner of [
    { identifier: { ...person.identifier, system: 'https://wardline.nhs.uk/directory/RXF' } },
    { identifier: { ...person.identifier, system: 'https://elsewhere.test/directory/RR8' } },
    { identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'RR8' } },
    { identifier: { value: 'actor-nurse-j10' } },
    { display: 'actor-nurse-j10' },
  ])
    await put({ ...task(other.id), id: 'to-nobody', owner } as FhirResource);
  assert.equal(await sees(other), false);
  await put({ ...task(other.id), id: 'past', restriction: { period: { end: inDays(-1) } } } as FhirResource);
  assert.equal(await sees(other), false, 'what has ended begins nothing');
});

test('what ran out is forgotten when the record is written again', async () => {
  const { id } = await admitted();
  const task = kinds[3]?.resource(id) ?? { resourceType: 'Task' };
  await put({ ...task, id: 'first' } as FhirResource);
  await put({ ...task, id: 'second', restriction: { period: { end: inDays(20) } } } as FhirResource, 10 * day);
  const { records } = store.process();
  const head = await records.head('RR8', id);
  assert.deepEqual(
    head?.relations?.map(({ cause }) => cause),
    ['Task/second'],
  );
});
