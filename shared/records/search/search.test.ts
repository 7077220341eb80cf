import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encounter, patient, pulse, ward } from '../../../test/support/record-samples.ts';
import { searchFor } from '../../../test/support/record-searches.ts';
import { callOf, type Process, type RecordStore, startRecordStore } from '../../../test/support/records.ts';
import type { FhirResource } from '../../fhir/index.ts';

const trust = 'RR8';
const facts = { subtype: 'create', action: 'C' } as const;
const nhsNumber = 'https://fhir.nhs.uk/Id/nhs-number|9990000050';
let store: RecordStore;
let app: Process;
let here = '';
let there = '';

before(async () => {
  store = await startRecordStore();
  app = store.process();
  for (const resource of [...ward('J09'), ...ward('J10')]) {
    const change = { kind: 'update', type: 'Location', id: resource.id ?? '', resource, allowCreate: true } as const;
    await app.records.commit(callOf(), trust, [change], facts);
  }
  here = await create(patient('Nightingale', '9990000050'));
  there = await create(patient('Seacole', '9990000069'));
  await create(encounter(here, 'J09-01'));
  await create(encounter(there, 'J10-01'));
  for (const value of [60, 61, 62]) await create(pulse(here, value));
  await create(pulse(here, 97, '2708-6'));
  await create(pulse(there, 70));
});
after(() => store.close());

async function create(resource: FhirResource): Promise<string> {
  const { changes } = await app.records.commit(callOf(), trust, [{ kind: 'create', resource }], facts);
  return changes[0]?.id ?? '';
}
const found = (type: string, parameters: Record<string, string>, who: Parameters<typeof callOf>[0] = 'integration') =>
  app.records.search(callOf(who), trust, searchFor(type, parameters));

test("a search in a compartment finds this patient's only, by one query", async () => {
  app.spent();
  const { matches, total, patients } = await found('Observation', { patient: `Patient/${here}`, code: '8867-4' });
  assert.equal(total, 3);
  assert.deepEqual(patients, [here]);
  assert.ok(matches.every(({ patient }) => patient === here));
  assert.equal(app.spent().requests, 1);
});

test('dates narrow and decide', async () => {
  const on = (date: string) => found('Observation', { patient: `Patient/${here}`, code: '8867-4', date });
  assert.equal((await on('2026-11-01')).total, 3);
  assert.equal((await on('ge2026-11-02')).total, 0);
  assert.equal((await on('lt2026-11-02')).total, 3);
});

test('a Patient is found by NHS number in two trips, and by name', async () => {
  app.spent();
  const { matches } = await found('Patient', { identifier: nhsNumber });
  assert.equal(app.spent().requests, 2);
  assert.deepEqual(
    matches.map(({ resource }) => resource.id),
    [here],
  );
  assert.equal((await found('Patient', { family: 'night' })).total, 1);
  assert.equal((await found('Patient', { family: 'night', birthdate: '1948-03-17' })).total, 1);
  assert.equal((await found('Patient', { family: 'night', birthdate: '1949' })).total, 0);
});

test('matches that the actor may not see are left out, of the total too', async () => {
  assert.equal((await found('Observation', { code: '8867-4' })).total, 4);
  const seen = await found('Observation', { code: '8867-4' }, 'nurse');
  assert.equal(seen.total, 3);
  assert.deepEqual(seen.patients, [here]);
  assert.equal((await found('Patient', { identifier: nhsNumber }, 'stranger')).total, 0);
  assert.equal((await found('Observation', { patient: `Patient/${here}`, code: '8867-4' }, 'stranger')).total, 0);
});

test('encounters are found by their bed, over all patients', async () => {
  const { matches } = await found('Encounter', { location: 'Location/J09-01' });
  assert.deepEqual(
    matches.map(({ patient }) => patient),
    [here],
  );
});

test('reference data are found in their one partition', async () => {
  assert.equal((await found('Location', { name: 'J09-01' }, 'nurse')).total, 1);
});

test('a search of a patient whom the trust does not have finds nothing', async () => {
  for (const id of ['unknown', '0123456789ab']) {
    assert.equal((await found('Observation', { patient: `Patient/${id}`, code: '8867-4' })).total, 0);
  }
});

test('what was deleted or no longer matches is not found', async () => {
  const id = await create(pulse(there, 70, '1-1'));
  const ref = { type: 'Observation', id };
  await app.records.commit(callOf(), trust, [{ kind: 'update', ...ref, resource: pulse(there, 70, '1-2') }], facts);
  assert.equal((await found('Observation', { code: '1-1' })).total, 0);
  assert.equal((await found('Observation', { code: '1-2' })).total, 1);
  await app.records.commit(callOf(), trust, [{ kind: 'delete', ...ref }], facts);
  assert.equal((await found('Observation', { code: '1-2' })).total, 0);
});

test('a search that would open more than a thousand resources is refused with what to add', async () => {
  const token = await create(patient('Viele'));
  for (let start = 0; start < 1005; start += 335) {
    const changes = Array.from({ length: 335 }, (_, index) => ({
      kind: 'create' as const,
      resource: pulse(token, start + index, 'many'),
    }));
    await app.records.commit(callOf(), trust, changes, facts);
  }
  await assert.rejects(found('Observation', { patient: `Patient/${token}`, code: 'many' }), { code: 'too-costly' });
});
