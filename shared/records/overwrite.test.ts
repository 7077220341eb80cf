import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encounter, patient, pulse, ward } from '../../test/support/record-samples.ts';
import { callOf, type RecordStore, startRecordStore } from '../../test/support/records.ts';
import type { FhirResource } from '../fhir/index.ts';
import type { Change, Records } from './index.ts';

const trust = 'RR8';
const facts = { subtype: 'update', action: 'U' } as const;
const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
let store: RecordStore;
let records: Records;
let id = '';
before(async () => {
  store = await startRecordStore();
  ({ records } = store.process());
  for (const resource of ward('J09')) await create(resource, resource.id);
  id = await create(patient('Etikett'));
  await create(encounter(id, 'J09-01'));
});
after(() => store.close());

const create = async (resource: FhirResource, own?: string): Promise<string> => {
  const change: Change = { kind: 'create', resource, ...(own === undefined ? {} : { id: own }) };
  return (await records.commit(callOf(), trust, [change], facts)).changes[0]?.id ?? '';
};
const labelled = (code: string): FhirResource => ({
  ...pulse(id, 61),
  meta: { security: [{ system: confidentiality, code }] },
});
const put = (observation: string, resource: FhirResource): Change => ({
  kind: 'update',
  type: 'Observation',
  id: observation,
  resource: { ...resource, id: observation },
});

test('what labels keep from somebody is not overwritten, deleted or relabelled by her either', async () => {
  const sealed = await create(labelled('V'));
  const nurse = () => ({ ...callOf('nurse'), policy: 'record:write' });
  for (const change of [
    put(sealed, pulse(id, 62)),
    { ...put(sealed, pulse(id, 62)), allowCreate: true } as Change,
    { kind: 'delete', type: 'Observation', id: sealed } as const,
  ])
    await assert.rejects(records.commit(nurse(), trust, [change], facts), { code: 'forbidden' });
  const open = await create(pulse(id, 70));
  await assert.rejects(records.commit(nurse(), trust, [put(open, pulse(id, 71)), put(sealed, pulse(id, 62))], facts), {
    code: 'forbidden',
  });
  const read = (observation: string) =>
    records.read({ ...callOf(), policy: 'record:write' }, trust, { type: 'Observation', id: observation });
  assert.equal((await read(sealed)).found.versionId, '1');
  assert.equal((await read(open)).found.versionId, '1', 'of one commit all or nothing');
});

test('who may see it may change it, and may label what she cannot see afterwards', async () => {
  const nurse = () => ({ ...callOf('nurse'), policy: 'record:write' });
  const restricted = await create(labelled('R'));
  await records.commit(nurse(), trust, [put(restricted, labelled('R'))], facts);
  await records.commit(nurse(), trust, [put(restricted, labelled('V'))], facts);
  await assert.rejects(records.commit(nurse(), trust, [put(restricted, pulse(id, 1))], facts), { code: 'forbidden' });
});

test('a system goes on telling what happens to a sealed resource', async () => {
  const sealed = await create(labelled('V'));
  const { changes } = await records.commit(callOf(), trust, [put(sealed, labelled('V'))], facts);
  assert.equal(changes[0]?.versionId, '2');
});
