import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { patient, pulse } from '../../test/support/record-samples.ts';
import { searchFor } from '../../test/support/record-searches.ts';
import { callOf, type Process, type RecordStore, startRecordStore } from '../../test/support/records.ts';
import type { CurrentBody, Stageable } from './documents.ts';

const trust = 'RR8';
const facts = { subtype: 'create', action: 'C' } as const;
let store: RecordStore;
let app: Process;

before(async () => {
  store = await startRecordStore();
  app = store.process();
});
after(() => store.close());

async function onePatient(family: string, nhsNumber: string): Promise<{ token: string; observation: string }> {
  const made = await app.records.commit(
    callOf(),
    trust,
    [{ kind: 'create', resource: patient(family, nhsNumber) }],
    facts,
  );
  const token = made.changes[0]?.id ?? '';
  const resource = { ...pulse(token, 71), note: [{ text: 'Planted-Note-4711' }] };
  const { changes } = await app.records.commit(callOf(), trust, [{ kind: 'create', resource }], facts);
  return { token, observation: changes[0]?.id ?? '' };
}
const stored = async (token: string, id: string): Promise<Stageable<CurrentBody>> => {
  const read = await app.documents('records').readTogether<Stageable<CurrentBody>>(`${trust}|P|${token}`, [id]);
  assert.ok(read[0]);
  return read[0].document;
};
const overwrite = async (token: string, document: Stageable): Promise<void> => {
  const outcome = await app
    .documents('records')
    .batch(`${trust}|P|${token}`, [{ op: 'replace', id: document.id, document }]);
  assert.ok(outcome.ok);
};

test('no name, NHS number, birth date or note is in any file of the store', async () => {
  const { token, observation } = await onePatient('Plantedname', '9990000077');
  const ref = { type: 'Observation', id: observation };
  await app.records.commit(callOf(), trust, [{ kind: 'update', ...ref, resource: pulse(token, 72) }], facts);
  const renamed = patient('Plantedtwo', '9990000085');
  await app.records.commit(callOf(), trust, [{ kind: 'update', type: 'Patient', id: token, resource: renamed }], facts);
  await app.records.search(callOf(), trust, searchFor('Patient', { family: 'plantedtwo' }));
  const files = readdirSync(store.state).map((name) => readFileSync(join(store.state, name)).toString('latin1'));
  const all = files.join('\n').toLowerCase();
  assert.ok(all.includes(token), 'the files were read');
  for (const planted of [
    'plantedname',
    'plantedtwo',
    'testina',
    '9990000077',
    '9990000085',
    '1948-03-17',
    'planted-note',
  ]) {
    assert.ok(!all.includes(planted), planted);
  }
});

test('a sealed text that was altered is refused', async () => {
  const { token, observation } = await onePatient('Gefaelscht', '9990000093');
  const document = await stored(token, `current|Observation|${observation}`);
  const sealed = document.sealed ?? '';
  await overwrite(token, { ...document, sealed: `${sealed.slice(0, -6)}AAAAAA` });
  await assert.rejects(app.records.read(callOf(), trust, { type: 'Observation', id: observation }), {
    code: 'internal',
  });
});

test('a sealed text copied over another resource or version of the same patient is refused', async () => {
  const { token, observation } = await onePatient('Kopiert', '9990000107');
  const resource = pulse(token, 99);
  const other = await app.records.commit(callOf(), trust, [{ kind: 'create', resource }], facts);
  const otherId = other.changes[0]?.id ?? '';
  const document = await stored(token, `current|Observation|${observation}`);
  const foreign = await stored(token, `current|Observation|${otherId}`);
  await overwrite(token, { ...document, sealed: foreign.sealed ?? '' });
  await assert.rejects(app.records.read(callOf(), trust, { type: 'Observation', id: observation }), {
    code: 'internal',
  });
  await overwrite(token, { ...document, versionId: 7 });
  await assert.rejects(app.records.read(callOf(), trust, { type: 'Observation', id: observation }), {
    code: 'internal',
  });
});

test("a head of another patient does not open this patient's record", async () => {
  const one = await onePatient('Kopf', '9990000115');
  const two = await onePatient('Zahl', '9990000123');
  const foreign = await stored(two.token, 'head');
  await overwrite(one.token, { ...foreign, partition: `${trust}|P|${one.token}` });
  await assert.rejects(app.records.read(callOf(), trust, { type: 'Patient', id: one.token }), { code: 'internal' });
});
