import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { encounter, patient, pulse, ward } from '../../test/support/record-samples.ts';
import { searchFor } from '../../test/support/record-searches.ts';
import { callOf, type Process, type RecordStore, startRecordStore } from '../../test/support/records.ts';
import { type FhirResource, parseSearch } from '../fhir/index.ts';

const trust = 'RR8';
const facts = { subtype: 'create', action: 'C' } as const;
let store: RecordStore;
let app: Process;
let token = '';
let observation = '';
let requests = 0;
/** Which keys are in use is asked every few seconds, whatever is done. */
const count = (message: unknown): void => {
  const { request } = message as { request: { path: string } };
  if (!request.path.includes('/colls/keys/')) requests += 1;
};

before(async () => {
  store = await startRecordStore();
  app = store.process();
  for (const resource of ward('J09')) await put(resource);
  token = (await create(patient('Preis', '9990000131'))) ?? '';
  observation = await create(pulse(token, 70));
  await settled();
  await app.records.read(callOf(), trust, { type: 'Observation', id: observation });
  await app.records.search(callOf(), trust, searchFor('Location', { name: 'J09' }));
  subscribe('http.client.request.start', count);
});
after(async () => {
  unsubscribe('http.client.request.start', count);
  await store.close();
});

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

/** Until what nobody waits for has arrived. */
const settled = (): Promise<void> => sleep(30);

/** HTTP requests to the store and estimated request units of a piece of work; printed for the curious. */
async function costOf(name: string, work: () => Promise<unknown>): Promise<number> {
  app.spent();
  requests = 0;
  await work();
  const made = requests;
  console.log(`${name}: ${made} requests, ${app.spent().charge.toFixed(1)} RU (estimated)`);
  return made;
}

test('a read by id is one request', async () => {
  const read = () => app.records.read(callOf(), trust, { type: 'Observation', id: observation });
  assert.equal(await costOf('read', read), 1);
});

test('creating and updating in a compartment are two requests: what it builds on, and one batch', async () => {
  assert.equal(await costOf('create Observation', () => create(pulse(token, 71))), 2);
  const update = (ifMatch: string) => () =>
    app.records.commit(
      callOf(),
      trust,
      [{ kind: 'update', type: 'Observation', id: observation, resource: pulse(token, 72), ifMatch }],
      facts,
    );
  assert.equal(await costOf('update Observation', update('1')), 2);
});

test('an Encounter that moves its patient costs no more once its ward is known', async () => {
  await create(encounter(token, 'J09-01'));
  assert.equal(await costOf('create Encounter', () => create(encounter(token, 'J09-01'))), 2);
});

test('a Patient with an NHS number is staged over two partitions in six requests, and one nobody waits for', async () => {
  // Begin, stage twice, decide, promote twice, and closing; nothing is read before.
  const made = await costOf('create Patient', () => create(patient('Kosten', '9990000158')));
  assert.ok(made === 6 || made === 7, `${made} requests`);
  await settled();
  const renamed = patient('Umbenannt', '9990000131');
  const update = () =>
    app.records.commit(callOf(), trust, [{ kind: 'update', type: 'Patient', id: token, resource: renamed }], facts);
  // Two reads more, one after the other: the Patient, then its claim and look-up. In sequence these are six trips.
  const renaming = await costOf('rename Patient', update);
  assert.ok(renaming === 8 || renaming === 9, `${renaming} requests`);
  await settled();
  assert.equal(await costOf('update Patient, same identity', update), 2);
});

test('searches: one query in a compartment, two steps by NHS number', async () => {
  const search = (type: string, parameters: Record<string, string>) => () =>
    app.records.search(callOf(), trust, searchFor(type, parameters));
  // The SDK asks for a query plan beside each query and does not wait for it.
  assert.equal(
    await costOf('search Observation', search('Observation', { subject: `Patient/${token}`, code: '8867-4' })),
    2,
  );
  const identifier = 'https://fhir.nhs.uk/Id/nhs-number|9990000131';
  assert.equal(await costOf('search NHS number', search('Patient', { identifier })), 3);
});

test('a transaction costs few requests a resource', async () => {
  const others = [await create(patient('Eins')), await create(patient('Zwei'))];
  await settled();
  const changes = Array.from({ length: 100 }, (_, index) => ({
    kind: 'create' as const,
    resource: pulse(others[index % 2] ?? '', index),
  }));
  const made = await costOf('transaction of 100 over 2 patients', () =>
    app.records.commit(callOf(), trust, changes, facts),
  );
  assert.ok(made <= 13, `${made} requests`);
  await settled();
  const twenty = changes.filter((_, index) => index % 2 === 0).slice(0, 20);
  assert.equal(
    await costOf('transaction of 20 in one patient', () => app.records.commit(callOf(), trust, twenty, facts)),
    2,
  );
});

test('a projector needs the present record in two steps', async () => {
  const present = () =>
    app.records.present(
      trust,
      token,
      ['Encounter', 'Observation'].map((type) => parseSearch(type, new URLSearchParams())),
      [{ type: 'Observation', id: observation, versionId: '2' }],
    );
  assert.equal(await costOf('present', present), 3);
});
