import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type BlobStore, startBlobStore } from '../../../test/support/blobs.ts';
import { encounter, patient, pulse, ward } from '../../../test/support/record-samples.ts';
import { searchFor } from '../../../test/support/record-searches.ts';
import { callOf, type RecordStore, startRecordStore } from '../../../test/support/records.ts';
import { WardlineError } from '../../errors.ts';
import type { FhirResource } from '../../fhir/index.ts';
import { type SealKey, unseal } from '../../keys/index.ts';
import { blobContainers } from '../../topology.ts';

const trust = 'RR8';
const facts = { subtype: 'create', action: 'C' } as const;
const traceparent = callOf().traceparent;
const officer = { ...callOf().actor, id: 'officer', role: 'privacy-officer' } as const;
const second = { ...officer, id: 'second' };
const why = { reason: 'court-order', reference: 'IG-2026/17' } as const;
let store: RecordStore;
let blobs: BlobStore;
before(async () => {
  blobs = await startBlobStore();
  store = await startRecordStore({ blobs: blobs.blobs });
  for (const resource of ward('J09')) await put(resource);
});
after(async () => {
  await store?.close();
  await blobs?.close();
});

async function create(resource: FhirResource): Promise<string> {
  const { records } = store.process();
  return (await records.commit(callOf(), trust, [{ kind: 'create', resource }], facts)).changes[0]?.id ?? '';
}
const put = (resource: FhirResource) =>
  store
    .process()
    .records.commit(
      callOf(),
      trust,
      [{ kind: 'update', type: resource.resourceType, id: resource.id ?? '', resource, allowCreate: true }],
      facts,
    );
const all = async (): Promise<Record<string, unknown>[]> =>
  (await store.process().documents('records').query<Record<string, unknown>>('SELECT * FROM c', {})).items;
const numbered = (identifier: string) =>
  searchFor('Patient', { identifier: `https://fhir.nhs.uk/Id/nhs-number|${identifier}` });

async function erase(token: string): Promise<void> {
  const { recordErasure } = store.process();
  await recordErasure.destroyKey(trust, token, traceparent);
  await recordErasure.sweep(trust, token);
}

test('two people erase a record: one asks, another agrees, and neither can be both', async () => {
  const token = await create(patient('Zweierlei'));
  const { recordErasure } = store.process();
  const { id } = await recordErasure.request(officer, token, why);
  await assert.rejects(recordErasure.approve(officer, id), { code: 'forbidden' });
  await assert.rejects(recordErasure.approve({ ...second, trust: 'RXF' }, id), { code: 'not-found' });
  const approved = await recordErasure.approve(second, id);
  assert.equal(approved.approvedBy, 'second');
  assert.equal((await recordErasure.approve({ ...officer, id: 'third' }, id)).approvedBy, 'second', 'once');
  assert.equal((await recordErasure.find(trust, id))?.reason, 'court-order');
  await assert.rejects(recordErasure.request(officer, 'nobody', why), { code: 'not-found' });
});

test('the record of a patient who is on a ward is not erased', async () => {
  const token = await create(patient('Bettlägerig'));
  await create(encounter(token, 'J09-01'));
  await assert.rejects(store.process().recordErasure.request(officer, token, why), { code: 'business-rule' });
});

test('who is admitted after the request keeps the record, at every step until the key is gone', async () => {
  const token = await create(patient('Wiederkehr'));
  const { recordErasure, records } = store.process();
  const early = await recordErasure.request(officer, token, why);
  const agreed = await recordErasure.request(officer, token, why);
  await recordErasure.approve(second, agreed.id);
  await create(encounter(token, 'J09-02'));
  for (const step of [
    () => recordErasure.approve(second, early.id),
    () => recordErasure.eraseAttachments(trust, token),
    () => recordErasure.destroyKey(trust, token, traceparent),
  ])
    await assert.rejects(step, { code: 'business-rule' });
  assert.equal((await records.read(callOf(), trust, { type: 'Patient', id: token })).found.resource.id, token);
});

test('after the erasure nothing that is left in the store opens, leads to the patient, or is counted', async () => {
  const token = await create(patient('Vergessen', '9990000409'));
  const other = await create(patient('Bleibend', '9990000417'));
  const observation = await create(pulse(token, 61));
  await create(pulse(other, 62));
  await put({ ...pulse(token, 63), id: observation });
  await put({ ...pulse(token, 64), id: 'gewaehlt-vom-sender' });
  const key = (await store.process().records.head(trust, token))?.wrappedKey ?? '';
  assert.ok(JSON.stringify(await all()).includes(key));
  const { keyring } = store.process();
  const trustKeys = await Promise.all(
    (['reference', 'boards', 'status', 'lookup', 'cursor'] as const).map((purpose) => keyring.trustKey(trust, purpose)),
  );
  const copies = (await all()).filter(
    ({ partition, kind }) => partition === `${trust}|P|${token}` && (kind === 'current' || kind === 'version'),
  );
  assert.equal(copies.length, 4);
  const ownKey = await store.process().records.patientKey(trust, token);
  const otherKey = await store.process().records.patientKey(trust, other);

  await erase(token);
  const left = await all();
  const text = JSON.stringify(left);
  assert.ok(!text.includes(key), 'the wrapped key is gone');
  assert.ok(!left.some(({ kind, resource }) => kind === 'locator' && resource === 'gewaehlt-vom-sender'));
  for (const secret of ['Vergessen', '9990000409']) assert.ok(!text.includes(secret), secret);
  const own = left.filter(({ partition, of }) => partition === `${trust}|P|${token}` || of === token);
  assert.deepEqual([...new Set(own.map(({ kind }) => kind))].sort(), ['head', 'outbox']);
  for (const { kind, sealed, search } of own) {
    assert.ok(sealed === undefined || sealed === '', `${kind} seals something`);
    assert.ok(search === undefined, `${kind} is found by something`);
  }
  // Somebody who kept a copy of the documents, and has every key that is left, opens none of them.
  const opens = (candidate: SealKey, { sealed, partition, of, versionId }: Record<string, unknown>): unknown =>
    unseal({ ...candidate, version: 'p1' }, String(sealed), `${partition}|${of}|${versionId}|resource`);
  for (const copy of copies) {
    assert.ok(opens(ownKey, copy), 'its own key did');
    for (const candidate of [...trustKeys, otherKey]) assert.throws(() => opens(candidate, copy), { code: 'internal' });
  }
  const { records } = store.process();
  for (const ref of [
    { type: 'Patient', id: token },
    { type: 'Observation', id: observation },
  ]) {
    await assert.rejects(records.read(callOf(), trust, ref), { code: 'gone' });
    await assert.rejects(records.history(callOf(), trust, ref), { code: 'gone' });
    await assert.rejects(records.vread(callOf(), trust, ref, '1'), { code: 'gone' });
  }
  assert.equal((await records.search(callOf(), trust, numbered('9990000409'))).total, 0);
  assert.equal((await records.search(callOf(), trust, searchFor('Observation', { patient: token }))).total, 0);
  await assert.rejects(records.everything(callOf(), trust, token, { count: 10 }), { code: 'gone' });
  await assert.rejects(records.patientKey(trust, token), { code: 'gone' });
  const versions = await records.historyOf(callOf(), trust, { type: 'Observation', count: 50 });
  assert.ok(versions.versions.every((version) => version.patient !== token));
  assert.equal((await records.search(callOf(), trust, numbered('9990000417'))).total, 1, 'the other one stays');
  await create(patient('Neuanfang', '9990000409'));
});

test('nobody writes into an erased record, and a rotation of keys passes by it', async () => {
  const token = await create(patient('Zugeschlossen'));
  await erase(token);
  await assert.rejects(create(pulse(token, 61)), { code: 'gone' });
  const { recordRotation, recordErasure } = store.process();
  await recordRotation.patients(trust, '');
  await recordErasure.destroyKey(trust, token, traceparent);
  assert.equal(await recordErasure.sweep(trust, token), 0, 'twice is once');
});

test('writers meanwhile: whatever they still bring in, the last sweep takes away', async () => {
  const token = await create(patient('Gleichzeitig'));
  const outcomes: string[] = [];
  let writing = true;
  const writers = Array.from({ length: 4 }, async () => {
    while (writing)
      await create(pulse(token, 70)).then(
        () => outcomes.push('written'),
        (error: unknown) => outcomes.push(error instanceof WardlineError ? error.code : String(error)),
      );
  });
  const until = async (wanted: string): Promise<void> => {
    while (!outcomes.includes(wanted)) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await until('written');
  await erase(token);
  await until('gone');
  writing = false;
  await Promise.all(writers);
  assert.deepEqual([...new Set(outcomes)].sort(), ['gone', 'written']);
  await store.process().recordErasure.sweep(trust, token);
  const own = (await all()).filter(({ partition }) => partition === `${trust}|P|${token}`);
  assert.deepEqual([...new Set(own.map(({ kind }) => kind))].sort(), ['head', 'outbox']);
});

test('the contents of its letters go too, and letters of others that it names are told', async () => {
  const [token, another] = [await create(patient('Briefe')), await create(patient('Andere'))];
  const binary = (context: string | undefined) =>
    create({
      ...{ resourceType: 'Binary', contentType: 'text/plain', data: 'QnJpZWY=' },
      ...(context === undefined ? {} : { securityContext: { reference: context } }),
    });
  const [own, nobodys, anothers] = [
    await binary(`Patient/${token}`),
    await binary(undefined),
    await binary(`Patient/${another}`),
  ];
  await create({
    ...{ resourceType: 'DocumentReference', status: 'current', subject: { reference: `Patient/${token}` } },
    content: [own, nobodys, anothers, 'nowhere'].map((id) => ({ attachment: { url: `Binary/${id}` } })),
  });
  const names = async (): Promise<string[]> => {
    const all: string[] = [];
    for await (const name of blobs.blobs.names(blobContainers.binaries, '')) all.push(name);
    return all;
  };
  assert.equal((await names()).length, 3);
  const { recordErasure, records } = store.process();
  const { erased, remaining } = await recordErasure.eraseAttachments(trust, token);
  assert.equal(erased, 1);
  assert.deepEqual([...remaining].sort(), [`Binary/${nobodys}`, `Binary/${anothers}`].sort());
  assert.ok(!(await names()).some((name) => name.includes(own)));
  assert.equal((await names()).length, 2);
  await erase(token);
  await assert.rejects(records.read(callOf(), trust, { type: 'Binary', id: own }), { code: 'gone' });
  assert.ok(await records.read(callOf(), trust, { type: 'Binary', id: anothers }));
});
