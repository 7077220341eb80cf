import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encounter, patient, pulse, ward } from '../../../test/support/record-samples.ts';
import { callOf, type Process, type RecordStore, startRecordStore } from '../../../test/support/records.ts';
import { type FhirResource, parseSearch } from '../../fhir/index.ts';

const trust = 'RR8';
const facts = { subtype: 'create', action: 'C' } as const;
let store: RecordStore;
let app: Process;
let here = '';
let there = '';
let stay = '';
let doctor = '';

before(async () => {
  store = await startRecordStore();
  app = store.process();
  for (const resource of [...ward('J09'), ...ward('J10')]) await put(resource);
  doctor = await create({ resourceType: 'Practitioner', name: [{ family: 'Grey' }] });
  here = await create({
    ...patient('Nightingale', '9990000050'),
    generalPractitioner: [{ reference: `Practitioner/${doctor}` }],
  });
  there = await create(patient('Seacole', '9990000069'));
  stay = await create(encounter(here, 'J09-01'));
  await create(encounter(there, 'J10-01'));
  const during = {
    encounter: { reference: `Encounter/${stay}` },
    performer: [{ reference: `Practitioner/${doctor}` }],
  };
  await create({ ...pulse(here, 60), ...during });
  await create(pulse(here, 61));
  await create(pulse(there, 70, '2708-6'));
});
after(() => store.close());

async function create(resource: FhirResource): Promise<string> {
  const { changes } = await app.records.commit(callOf(), trust, [{ kind: 'create', resource }], facts);
  return changes[0]?.id ?? '';
}
const put = (resource: FhirResource) =>
  app.records.commit(
    callOf(),
    trust,
    [{ kind: 'update', type: resource.resourceType, id: resource.id ?? '', resource, allowCreate: true }],
    facts,
  );
const queryOf = (type: string, query: string) => parseSearch(type, new URLSearchParams(query));
type Who = Parameters<typeof callOf>[0];
const found = (type: string, query: string, who?: Who) => app.records.search(callOf(who), trust, queryOf(type, query));
const totals = async (type: string, table: Readonly<Record<string, number>>, who?: Who): Promise<void> => {
  for (const [query, total] of Object.entries(table))
    assert.equal((await found(type, query, who)).total, total, `${type}?${query}`);
};

test('chains lead over one reference or several, from one patient and from all', async () => {
  await totals('Observation', {
    'patient.name=night': 2,
    'patient.name=nobody': 0,
    'subject:Patient.birthdate=1948-03-17': 3,
    'patient.general-practitioner:Practitioner.name=grey': 2,
    'performer:Practitioner.family=grey': 1,
    'encounter.location.name=J09-01': 1,
    [`patient=${here}&encounter.class=IMP`]: 1,
    [`patient=${here}&encounter.location.name=J09-01`]: 1,
    [`patient=${here}&encounter.location.name=J10-01`]: 0,
    [`patient=${here}&patient.general-practitioner:Practitioner.name=grey`]: 2,
  });
});

test('_has leads back over references', async () => {
  await totals('Patient', {
    '_has:Observation:patient:code=8867-4': 1,
    '_has:Observation:patient:code=2708-6,8867-4': 2,
    '_has:Observation:patient:code=x': 0,
    [`_id=${there}&_has:Observation:patient:code=2708-6`]: 1,
    [`_id=${there}&_has:Observation:patient:code=8867-4`]: 0,
    '_has:Encounter:patient:_has:Observation:encounter:code=8867-4': 1,
    'general-practitioner:missing=true&_has:Observation:patient:code=2708-6': 1,
  });
  await totals('Practitioner', { '_has:Observation:performer:patient.name=night': 1 });
});

test('what the actor may not see answers no step of a chain either', async () => {
  await totals(
    'Patient',
    { '_has:Observation:patient:code=2708-6': 0, '_has:Observation:patient:code=8867-4': 1 },
    'nurse',
  );
  await totals('Practitioner', { '_has:Patient:general-practitioner:family=nightingale': 0 }, 'stranger');
  await totals('Practitioner', { '_has:Patient:general-practitioner:family=nightingale': 1 }, 'nurse');
});

test('the patients whose records answered a step are named for the audit entry', async () => {
  const { patients } = await found('Practitioner', '_has:Patient:general-practitioner:family=nightingale');
  assert.deepEqual(patients, [here]);
});

test('a List says what is searched', async () => {
  const observation = (await found('Observation', `patient=${there}`)).matches[0];
  const list = await create({
    resourceType: 'List',
    status: 'current',
    mode: 'working',
    entry: [{ item: { reference: `Observation/${observation?.resource.id}` } }],
  });
  await totals('Observation', { [`_list=${list}`]: 1, [`_list=${list}&code=8867-4`]: 0, '_list=unknown': 0 });
});

test('a small ValueSet is a set of values, a large or unknown one is refused', async () => {
  const url = 'https://example.org/ValueSet/pulses';
  const listed = { system: 'http://loinc.org', concept: [{ code: '8867-4' }] };
  const id = await create({ resourceType: 'ValueSet', url, status: 'active', compose: { include: [listed] } });
  await totals('Observation', {
    [`code:in=${url}`]: 2,
    [`code:in=ValueSet/${id}`]: 2,
    [`code:not-in=${url}`]: 1,
    [`patient=${here}&code:in=${url}`]: 2,
  });
  const filtered = await create({
    resourceType: 'ValueSet',
    status: 'active',
    compose: {
      include: [{ system: 'http://snomed.info/sct', filter: [{ property: 'concept', op: 'is-a', value: '1' }] }],
    },
  });
  await assert.rejects(found('Observation', `code:in=${filtered}`), { code: 'not-supported' });
  await assert.rejects(found('Observation', 'code:in=https://example.org/none'), { code: 'invalid-parameter' });
});

const along = async (type: string, query: string, who?: Who): Promise<string[]> => {
  const asked = queryOf(type, query);
  const { matches } = await app.records.search(callOf(who), trust, asked);
  const resources = await app.records.included(callOf(who), trust, matches, asked);
  return resources.map(({ resource }) => `${resource.resourceType}/${resource.id}`).sort();
};

test('references come along, each once, further ones where :iterate asks for it', async () => {
  const by = `patient=${here}&encounter:missing=false`;
  assert.deepEqual(await along('Observation', `${by}&_include=Observation:patient`), [`Patient/${here}`]);
  assert.deepEqual(await along('Observation', `${by}&_include=Observation:performer:Organization`), []);
  assert.deepEqual(
    await along(
      'Observation',
      `${by}&_include=Observation:*&_include:iterate=Encounter:location&_include:iterate=Location:partof`,
    ),
    [`Encounter/${stay}`, 'Location/J09', 'Location/J09-01', `Patient/${here}`, `Practitioner/${doctor}`].sort(),
  );
  assert.deepEqual(
    await along('Observation', `${by}&_include=*`),
    [`Encounter/${stay}`, `Patient/${here}`, `Practitioner/${doctor}`].sort(),
  );
});

test('what refers to a match comes along backwards', async () => {
  assert.equal((await along('Patient', `_id=${here}&_revinclude=Observation:subject`)).length, 2);
  assert.equal((await along('Encounter', `_id=${stay}&_revinclude=Observation:encounter`)).length, 1);
  const two = await along('Patient', '_revinclude=Encounter:patient&_revinclude:iterate=Observation:encounter');
  assert.equal(two.length, 3);
});

test('nothing comes along that the actor may not see', async () => {
  assert.deepEqual(
    await along('Practitioner', `_id=${doctor}&_revinclude=Patient:general-practitioner`, 'stranger'),
    [],
  );
  assert.deepEqual(await along('Practitioner', `_id=${doctor}&_revinclude=Patient:general-practitioner`, 'nurse'), [
    `Patient/${here}`,
  ]);
});

test('a step that finds too much is refused with what to change', async () => {
  const entry = Array.from({ length: 301 }, (_, index) => ({ item: { reference: `Observation/x${index}` } }));
  const list = await create({ resourceType: 'List', status: 'current', mode: 'working', entry });
  await assert.rejects(found('Observation', `_list=${list}`), { code: 'too-costly' });
});
