import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { patient, pulse } from '../../test/support/record-samples.ts';
import { callOf, type Process, type RecordStore, startRecordStore } from '../../test/support/records.ts';
import type { WardlineError } from '../errors.ts';
import type { Committed, OutboxEntry, Records } from './index.ts';

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

test('a second delivery of the same message changes nothing', async () => {
  const token = await createPatient();
  const changes = [
    { kind: 'create', resource: pulse(token, 60) },
    { kind: 'create', resource: pulse(token, 61) },
  ] as const;
  const first = await app.records.commit(callOf(), trust, changes, facts, { messageId: 'message-1' });
  const second = await app.records.commit(callOf(), trust, changes, facts, { messageId: 'message-1' });
  assert.equal(first.duplicate, false);
  assert.equal(second.duplicate, true);
  assert.deepEqual(
    second.changes.map(({ id }) => id),
    first.changes.map(({ id }) => id),
  );
  assert.equal((await outboxOf(`${trust}|P|${token}`)).length, 2);
});

test('a second delivery of an update is recognised too, even when the first is long superseded', async () => {
  const id = await createPulse(await createPatient());
  const ref = { type: 'Observation', id };
  const update = (value: number, ifMatch: string) =>
    ({ kind: 'update', ...ref, resource: pulse(id.slice(0, 12), value), ifMatch }) as const;
  const first = [update(62, '1')];
  await app.records.commit(callOf(), trust, first, facts, { messageId: 'message-2' });
  await app.records.commit(callOf(), trust, [update(63, '2')], facts);
  const again = await app.records.commit(callOf(), trust, first, facts, { messageId: 'message-2' });
  assert.equal(again.duplicate, true);
  assert.equal((await app.records.read(callOf(), trust, ref)).found.versionId, '3');
});

test('a second delivery of an update without If-Match does not overwrite what came between', async () => {
  const id = await createPulse(await createPatient());
  const ref = { type: 'Observation', id };
  const update = (value: number) => [{ kind: 'update', ...ref, resource: pulse(id.slice(0, 12), value) }] as const;
  await app.records.commit(callOf(), trust, update(62), facts, { messageId: 'message-5' });
  await app.records.commit(callOf(), trust, update(63), facts);
  const again = await app.records.commit(callOf(), trust, update(62), facts, { messageId: 'message-5' });
  assert.equal(again.duplicate, true);
  const { found } = await app.records.read(callOf(), trust, ref);
  assert.equal((found.resource as { valueQuantity?: { value: number } }).valueQuantity?.value, 63);
});

test('the same message delivered to two processes at once is filed once', async () => {
  const token = await createPatient();
  const other = store.process();
  const changes = [{ kind: 'create', resource: pulse(token, 63) }] as const;
  const results = await Promise.all(
    [app, other, app, other].map(({ records }) =>
      records.commit(callOf(), trust, changes, facts, { messageId: 'message-3' }),
    ),
  );
  assert.equal(results.filter(({ duplicate }) => !duplicate).length, 1);
  assert.equal(new Set(results.map(({ changes }) => changes[0]?.id)).size, 1);
});

test('a Patient made twice from one message is one Patient', async () => {
  const changes = [{ kind: 'create', resource: patient('Doppel', '9990000018') }] as const;
  /** Whoever meets the other on its way is told so, and is delivered again as the bus does. */
  const deliver = async (records: Records): Promise<Committed> => {
    for (;;)
      try {
        return await records.commit(callOf(), trust, changes, facts, { messageId: 'message-4' });
      } catch (error) {
        assert.equal((error as WardlineError).code, 'conflict');
      }
  };
  const [first, second] = await Promise.all([deliver(app.records), deliver(store.process().records)]);
  assert.equal(first.changes[0]?.id, second.changes[0]?.id);
  assert.deepEqual([first.duplicate, second.duplicate].sort(), [false, true]);
});
