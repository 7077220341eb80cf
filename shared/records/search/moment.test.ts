import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { encounter, patient, pulse, ward } from '../../../test/support/record-samples.ts';
import { callOf, type Process, type RecordStore, startRecordStore } from '../../../test/support/records.ts';
import { type FhirResource, parseSearch } from '../../fhir/index.ts';

const trust = 'RR8';
const facts = { subtype: 'create', action: 'C' } as const;
let store: RecordStore;
let app: Process;
let token = '';
let observation = '';
/** Moments between one change and the next. */
let beforeAll = 0;
let first = 0;
let second = 0;
let deleted = 0;

before(async () => {
  store = await startRecordStore();
  app = store.process();
  for (const resource of ward('J09')) await put(resource);
  beforeAll = await moment();
  token = await create(patient('Zeit', '9990000050'));
  await create(encounter(token, 'J09-01'));
  observation = await create(pulse(token, 60));
  first = await moment();
  await put({ ...pulse(token, 61, '2708-6'), id: observation });
  await put({ ...patient('Anders', '9990000050'), id: token });
  second = await moment();
  await app.records.commit(callOf(), trust, [{ kind: 'delete', type: 'Observation', id: observation }], facts);
  deleted = await moment();
});
after(() => store.close());

/** Now, with a little before and after it in which nothing happens. */
async function moment(): Promise<number> {
  await sleep(5);
  const now = Date.now();
  await sleep(5);
  return now;
}
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
const total = async (type: string, query: string, at?: number): Promise<number> => {
  const asked = parseSearch(type, new URLSearchParams(query));
  return (await app.records.search(callOf(), trust, at === undefined ? asked : { ...asked, at })).total;
};

test('a read shows the version that stood at the moment', async () => {
  const ref = { type: 'Observation', id: observation };
  const valueAt = async (at: number) => (await app.records.read(callOf(), trust, ref, { at })).found.versionId;
  assert.equal(await valueAt(first), '1');
  assert.equal(await valueAt(second), '2');
  await assert.rejects(valueAt(beforeAll), { code: 'not-found' });
  await assert.rejects(valueAt(deleted), { code: 'gone' });
  assert.equal(
    (await app.records.read(callOf(), trust, { type: 'Patient', id: token }, { at: first })).found.versionId,
    '1',
  );
});

test('a search in a compartment shows the record as it stood', async () => {
  for (const query of [`patient=${token}&code=8867-4`, 'code=8867-4']) {
    assert.equal(await total('Observation', query, beforeAll), 0);
    assert.equal(await total('Observation', query, first), 1);
    assert.equal(await total('Observation', query, second), 0);
    assert.equal(await total('Observation', query), 0);
  }
  assert.equal(await total('Observation', `patient=${token}&code=2708-6`, second), 1);
  assert.equal(await total('Observation', `patient=${token}`, deleted), 0);
});

test('a patient is found by what the name was then, chains and includes too', async () => {
  assert.equal(await total('Patient', 'family=zeit', first), 1);
  assert.equal(await total('Patient', 'family=zeit', second), 0);
  assert.equal(await total('Patient', 'family=anders', first), 0);
  assert.equal(await total('Patient', 'family=anders', second), 1);
  assert.equal(await total('Observation', 'patient.name=zeit', first), 1);
  const query = {
    ...parseSearch('Observation', new URLSearchParams(`patient=${token}&_include=Observation:patient`)),
    at: first,
  };
  const { matches } = await app.records.search(callOf(), trust, query);
  const [person] = await app.records.included(callOf(), trust, matches, query);
  assert.equal(person?.versionId, '1');
});

test('all of a patient comes page by page, as it stood when the first was shown', async () => {
  const some = [pulse(token, 1), pulse(token, 2), pulse(token, 3)];
  for (const resource of some) await create(resource);
  const page = await app.records.everything(callOf(), trust, token, { count: 2 });
  assert.equal(page.resources.length, 2);
  assert.deepEqual(
    page.referenced.map(({ resource }) => resource.id),
    ['J09-01'],
  );
  // Whatever is written meanwhile.
  await create(pulse(token, 4));
  const names = page.resources.map(({ resource }) => `${resource.resourceType}/${resource.id}`);
  let after = page.after;
  while (after !== undefined) {
    const next = await app.records.everything(callOf(), trust, token, { count: 2, after, at: page.asOf });
    names.push(...next.resources.map(({ resource }) => `${resource.resourceType}/${resource.id}`));
    after = next.after;
  }
  assert.equal(new Set(names).size, names.length);
  assert.equal(names.length, 5);
  const only = await app.records.everything(callOf(), trust, token, { count: 50, types: ['Observation'], at: first });
  assert.deepEqual(
    only.resources.map(({ resource, versionId }) => [resource.id, versionId]),
    [[observation, '1']],
  );
  await assert.rejects(app.records.everything(callOf('stranger'), trust, token, { count: 2 }), { code: 'forbidden' });
  await assert.rejects(app.records.everything(callOf(), trust, 'nobody', { count: 2 }), { code: 'not-found' });
});

test('the history of a type goes back page by page, and shows each version once', async () => {
  const all = (await app.records.historyOf(callOf(), trust, { type: 'Observation', count: 100 })).versions;
  const times = all.map(({ lastUpdated }) => lastUpdated);
  assert.deepEqual(times, [...times].sort().reverse());
  assert.ok(all.some(({ deleted: gone }) => gone));
  const paged: string[] = [];
  let before: number | undefined;
  do {
    const page = await app.records.historyOf(callOf(), trust, {
      type: 'Observation',
      count: 2,
      ...(before === undefined ? {} : { before }),
    });
    paged.push(...page.versions.map(({ resource, versionId }) => `${resource.id}/${versionId}`));
    before = page.before;
  } while (before !== undefined);
  assert.deepEqual(
    paged,
    all.map(({ resource, versionId }) => `${resource.id}/${versionId}`),
  );
  const since = await app.records.historyOf(callOf(), trust, { type: 'Observation', since: second, count: 100 });
  assert.ok(since.versions.every(({ lastUpdated }) => Date.parse(lastUpdated) >= second));
  assert.deepEqual(
    (await app.records.historyOf(callOf('stranger'), trust, { type: 'Observation', count: 9 })).versions,
    [],
  );
  const everything = await app.records.historyOf(callOf(), trust, { count: 100 });
  assert.ok(new Set(everything.versions.map(({ resource }) => resource.resourceType)).size >= 4);
});
