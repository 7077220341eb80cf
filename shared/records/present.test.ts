import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { patient, pulse } from '../../test/support/record-samples.ts';
import { callOf, type RecordStore, startRecordStore } from '../../test/support/records.ts';
import { parseSearch } from '../fhir/index.ts';

const trust = 'RR8';
const facts = { subtype: 'create', action: 'C' } as const;
const all = (...types: string[]) => types.map((type) => parseSearch(type, new URLSearchParams()));
let store: RecordStore;

before(async () => {
  store = await startRecordStore({ staleReadsMs: 200 });
});
after(() => store.close());

test('a projector sees what it was told of, whatever replica answers', async () => {
  const writer = store.process();
  const projector = store.process();
  const made = await writer.records.commit(callOf(), trust, [{ kind: 'create', resource: patient('Eilig') }], facts);
  const token = made.changes[0]?.id ?? '';
  for (let value = 1; value <= 5; value++) {
    const resource = pulse(token, value);
    const { changes } = await writer.records.commit(callOf(), trust, [{ kind: 'create', resource }], facts);
    const present = await projector.records.present(trust, token, all('Patient', 'Observation'), changes);
    assert.equal(present?.head.token, token);
    assert.equal(present?.resources.filter(({ resource }) => resource.resourceType === 'Observation').length, value);
    assert.equal(present?.resources.filter(({ resource }) => resource.resourceType === 'Patient').length, 1);
  }
});

test('a projector does not see what was deleted, and is not behind for it', async () => {
  const writer = store.process();
  const made = await writer.records.commit(callOf(), trust, [{ kind: 'create', resource: patient('Weg') }], facts);
  const token = made.changes[0]?.id ?? '';
  const created = await writer.records.commit(callOf(), trust, [{ kind: 'create', resource: pulse(token, 1) }], facts);
  const ref = { type: 'Observation', id: created.changes[0]?.id ?? '' };
  const { changes } = await writer.records.commit(callOf(), trust, [{ kind: 'delete', ...ref }], facts);
  const present = await store.process().records.present(trust, token, all('Observation'), changes);
  assert.deepEqual(present?.resources, []);
});

test('a projector that cannot see what it was told of throws, so that it is told again', async () => {
  const writer = store.process();
  const made = await writer.records.commit(callOf(), trust, [{ kind: 'create', resource: patient('Zukunft') }], facts);
  const token = made.changes[0]?.id ?? '';
  await assert.rejects(
    store.process().records.present(trust, token, all('Patient'), [{ type: 'Patient', id: token, versionId: '2' }]),
    { code: 'unavailable' },
  );
  assert.equal(await store.process().records.present(trust, '0123456789ab', all('Patient')), undefined);
});

test('a writer with its session reads what it wrote, by another process and a lagging replica', async () => {
  const writer = store.process();
  const made = await writer.records.commit(callOf(), trust, [{ kind: 'create', resource: patient('Sofort') }], facts);
  const token = made.changes[0]?.id ?? '';
  const { found } = await store
    .process()
    .records.read(callOf('integration', made.session), trust, { type: 'Patient', id: token });
  assert.equal(found.versionId, '1');
  const { versions } = await store
    .process()
    .records.history(callOf('integration', made.session), trust, { type: 'Patient', id: token });
  assert.equal(versions.length, 1);
});

test('a projector that wants one code is not given the others, and is not behind for what it does not want', async () => {
  const writer = store.process();
  const made = await writer.records.commit(callOf(), trust, [{ kind: 'create', resource: patient('Wahl') }], facts);
  const token = made.changes[0]?.id ?? '';
  const other = pulse(token, 60, '9279-1');
  const resources = [pulse(token, 61), other];
  const { changes } = await writer.records.commit(
    callOf(),
    trust,
    resources.map((resource) => ({ kind: 'create' as const, resource })),
    facts,
  );
  const wanted = [parseSearch('Observation', new URLSearchParams({ code: 'http://loinc.org|9279-1' }))];
  const present = await store.process().records.present(trust, token, wanted, changes);
  assert.deepEqual(
    present?.resources.map(({ resource }) => resource.id),
    [changes[1]?.id],
  );
});
