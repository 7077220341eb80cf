import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encounter, patient, pulse, ward } from '../../test/support/record-samples.ts';
import { callOf, type Process, type RecordStore, startRecordStore } from '../../test/support/records.ts';
import type { FhirResource } from '../fhir/index.ts';
import type { OutboxEntry } from './index.ts';

const trust = 'RR8';
const facts = { subtype: 'update', action: 'U' } as const;
let store: RecordStore;
let app: Process;

before(async () => {
  store = await startRecordStore();
  app = store.process();
});
after(() => store.close());

const createPatient = async (family = 'Mustermann', nhsNumber?: string): Promise<string> => {
  const resource = patient(family, nhsNumber);
  const { changes } = await app.records.commit(callOf(), trust, [{ kind: 'create', resource }], facts);
  return changes[0]?.id ?? '';
};
const createPulse = async (token: string, value = 70): Promise<string> => {
  const resource = pulse(token, value);
  const { changes } = await app.records.commit(callOf(), trust, [{ kind: 'create', resource }], facts);
  return changes[0]?.id ?? '';
};
const outboxOf = async (partition: string): Promise<OutboxEntry[]> =>
  (await app.documents('records').query<OutboxEntry>("SELECT * FROM c WHERE c.kind = 'outbox'", {}, { partition }))
    .items;
const rejectsWith = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

test('what was created is read back with its id, version and time', async () => {
  const token = await createPatient();
  const id = await createPulse(token, 71);
  assert.ok(id.startsWith(`${token}.`));
  const { found } = await app.records.read(callOf(), trust, { type: 'Observation', id });
  assert.equal(found.versionId, '1');
  assert.equal(found.resource.id, id);
  assert.equal(found.resource.meta?.lastUpdated, found.lastUpdated);
  assert.equal(found.patient, token);
  assert.equal((found.resource as { valueQuantity?: { value: number } }).valueQuantity?.value, 71);
});

test('one commit leaves one outbox entry with its changes and its audit entry', async () => {
  const token = await createPatient();
  const id = await createPulse(token);
  const entries = await outboxOf(`${trust}|P|${token}`);
  assert.equal(entries.length, 2);
  assert.equal(entries.filter(({ audit }) => audit !== undefined).length, 2);
  const mine = entries.find(({ changes }) => changes[0]?.id === id);
  assert.deepEqual(mine?.changes, [{ type: 'Observation', id, versionId: '1', change: 'created', patient: token }]);
  assert.deepEqual(mine?.audit?.patients, [token]);
});

test('of concurrent updates with the same If-Match exactly one wins', async () => {
  const id = await createPulse(await createPatient());
  const token = id.slice(0, 12);
  const results = await Promise.allSettled(
    Array.from({ length: 6 }, (_, index) =>
      app.records.commit(
        callOf(),
        trust,
        [{ kind: 'update', type: 'Observation', id, resource: pulse(token, 80 + index), ifMatch: '1' }],
        facts,
      ),
    ),
  );
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const result of results) {
    if (result.status === 'rejected') assert.ok(rejectsWith('version-mismatch')(result.reason));
  }
  const { versions } = await app.records.history(callOf(), trust, { type: 'Observation', id });
  assert.deepEqual(
    versions.map(({ versionId }) => versionId),
    ['2', '1'],
  );
});

test('concurrent updates without If-Match all stand, one after the other, and time never stands still', async () => {
  const id = await createPulse(await createPatient());
  const token = id.slice(0, 12);
  await Promise.all(
    Array.from({ length: 5 }, (_, index) =>
      app.records.commit(
        callOf(),
        trust,
        [{ kind: 'update', type: 'Observation', id, resource: pulse(token, 90 + index) }],
        facts,
      ),
    ),
  );
  const { versions } = await app.records.history(callOf(), trust, { type: 'Observation', id });
  assert.deepEqual(
    versions.map(({ versionId }) => versionId),
    ['6', '5', '4', '3', '2', '1'],
  );
  const times = versions.map(({ lastUpdated }) => lastUpdated);
  assert.deepEqual(times, [...new Set(times)].sort().reverse());
});

test('a second patient with the same NHS number is refused without naming it', async () => {
  await createPatient('Erste', '9990000026');
  await assert.rejects(createPatient('Zweite', '9990000026'), (error: Error) => {
    assert.ok(rejectsWith('duplicate')(error));
    assert.ok(!error.message.includes('9990000026'));
    return true;
  });
});

test('an NHS number that a Patient gives up may be taken by another', async () => {
  const token = await createPatient('Erste', '9990000034');
  const without = patient('Erste');
  await app.records.commit(callOf(), trust, [{ kind: 'update', type: 'Patient', id: token, resource: without }], facts);
  assert.ok(await createPatient('Zweite', '9990000034'));
});

test('a resource stays in its compartment', async () => {
  const id = await createPulse(await createPatient());
  const other = await createPatient();
  const resource = pulse(other, 70);
  await assert.rejects(
    app.records.commit(callOf(), trust, [{ kind: 'update', type: 'Observation', id, resource }], facts),
    rejectsWith('business-rule'),
  );
});

test('a resource of an unknown patient is refused', async () => {
  const resource = pulse('0123456789ab', 70);
  await assert.rejects(
    app.records.commit(callOf(), trust, [{ kind: 'create', resource }], facts),
    rejectsWith('business-rule'),
  );
});

test('what was deleted is gone, keeps its history and can come back', async () => {
  const id = await createPulse(await createPatient());
  const ref = { type: 'Observation', id };
  await app.records.commit(callOf(), trust, [{ kind: 'delete', ...ref }], facts);
  await assert.rejects(app.records.read(callOf(), trust, ref), rejectsWith('gone'));
  const resource = pulse(id.slice(0, 12), 99);
  const back = await app.records.commit(
    callOf(),
    trust,
    [{ kind: 'update', ...ref, resource, allowCreate: true }],
    facts,
  );
  assert.equal(back.changes[0]?.versionId, '3');
  assert.equal(back.changes[0]?.change, 'created');
  const { versions } = await app.records.history(callOf(), trust, ref);
  assert.deepEqual(
    versions.map(({ deleted }) => deleted),
    [false, true, false],
  );
  assert.equal((await app.records.vread(callOf(), trust, ref, '1')).found.deleted, false);
});

test('ids chosen by the client are found again, for patients and in their compartments', async () => {
  const put = (type: string, id: string, resource: FhirResource) =>
    app.records.commit(callOf(), trust, [{ kind: 'update', type, id, resource, allowCreate: true }], facts);
  await put('Patient', 'example', patient('Chalmers'));
  await put('Observation', 'heart-rate', pulse('example', 44));
  const { found } = await app.records.read(callOf(), trust, { type: 'Observation', id: 'heart-rate' });
  assert.equal(found.patient, await app.records.patientToken(trust, 'example'));
  const again = await put('Observation', 'heart-rate', pulse('example', 45));
  assert.equal(again.changes[0]?.versionId, '2');
});

test('an Encounter places its patient in the head, in the batch that moves it', async () => {
  const wards = [...ward('J09'), ...ward('J10')];
  await app.records.commit(
    callOf(),
    trust,
    wards.map((resource) => ({
      kind: 'update',
      type: 'Location',
      id: resource.id ?? '',
      resource,
      allowCreate: true,
    })),
    facts,
  );
  const token = await createPatient();
  const { changes } = await app.records.commit(
    callOf(),
    trust,
    [{ kind: 'create', resource: encounter(token, 'J09-01') }],
    facts,
  );
  const id = changes[0]?.id ?? '';
  assert.deepEqual((await app.records.head(trust, token))?.placements, [
    { encounter: id, ward: 'J09', bed: 'J09-01', since: '2026-11-01T08:00:00Z' },
  ]);
  const ref = { type: 'Encounter', id };
  assert.ok(await app.records.read(callOf('nurse'), trust, ref));
  await assert.rejects(app.records.read(callOf('stranger'), trust, ref), rejectsWith('forbidden'));
  const moved = encounter(token, 'J10-02');
  await app.records.commit(callOf(), trust, [{ kind: 'update', ...ref, resource: moved }], facts);
  await assert.rejects(app.records.read(callOf('nurse'), trust, ref), rejectsWith('forbidden'));
  const left = encounter(token, undefined);
  await app.records.commit(callOf(), trust, [{ kind: 'update', ...ref, resource: left }], facts);
  assert.deepEqual((await app.records.head(trust, token))?.placements, []);
});

test('a transaction of 300 resources over several patients commits as a whole', async () => {
  const tokens = await Promise.all([createPatient(), createPatient(), createPatient()]);
  const changes = Array.from({ length: 300 }, (_, index) => ({
    kind: 'create' as const,
    resource: pulse(tokens[index % 3] ?? '', 50 + index),
  }));
  const committed = await app.records.commit(callOf(), trust, changes, { subtype: 'transaction', action: 'E' });
  assert.equal(committed.changes.length, 300);
  assert.equal(new Set(committed.changes.map(({ lastUpdated }) => lastUpdated)).size, 1);
  const entries = (await Promise.all(tokens.map((token) => outboxOf(`${trust}|P|${token}`)))).flat();
  const told = entries.filter(({ changes }) => changes.length === 100);
  assert.equal(told.length, 3);
  assert.equal(told.filter(({ audit }) => audit !== undefined).length, 1);
  const staged = await app.documents('records').query('SELECT VALUE c.id FROM c WHERE IS_DEFINED(c.next)', {});
  assert.deepEqual(staged.items, []);
});

test('a transaction that breaks a rule anywhere changes nothing', async () => {
  const token = await createPatient();
  const wrong = pulse('0123456789ab', 70);
  const changes = [
    { kind: 'create', resource: pulse(token, 70) },
    { kind: 'create', resource: wrong },
  ] as const;
  await assert.rejects(app.records.commit(callOf(), trust, changes, facts), rejectsWith('business-rule'));
  assert.equal((await outboxOf(`${trust}|P|${token}`)).length, 1);
});

test('an audit entry left in the outbox twice is there once', async () => {
  const token = await createPatient();
  const [entry] = await outboxOf(`${trust}|P|${token}`);
  assert.ok(entry?.audit);
  const audit = { ...entry.audit, id: '01HF7YAT00AUDIT000000000R1' };
  for (const patientToken of [token, token, undefined, undefined]) {
    await app.records.leaveInOutbox(trust, patientToken, audit);
  }
  assert.equal((await outboxOf(`${trust}|P|${token}`)).filter(({ audit }) => audit?.id.endsWith('R1')).length, 1);
});
