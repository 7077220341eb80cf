import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { patient, pulse } from '../../test/support/record-samples.ts';
import { searchFor } from '../../test/support/record-searches.ts';
import { callOf, type Process, type RecordStore, startRecordStore } from '../../test/support/records.ts';
import type { Change, OutboxEntry, StoredResource } from './index.ts';

const trust = 'RR8';
const facts = { subtype: 'transaction', action: 'E' } as const;
/** Past the deadline of everybody else's transaction. */
const late = 60_000;
let store: RecordStore;
let app: Process;

before(async () => {
  store = await startRecordStore();
  app = store.process();
});
after(() => store.close());

const measured = ({ resource }: StoredResource): number | undefined =>
  (resource as { valueQuantity?: { value: number } }).valueQuantity?.value;

/** One Observation each of three patients, all with the value 1. */
async function threeObservations(code: string): Promise<string[]> {
  const ids: string[] = [];
  for (const family of ['Anna', 'Berta', 'Clara']) {
    const made = await app.records.commit(callOf(), trust, [{ kind: 'create', resource: patient(family) }], facts);
    const resource = pulse(made.changes[0]?.id ?? '', 1, code);
    const { changes } = await app.records.commit(callOf(), trust, [{ kind: 'create', resource }], facts);
    ids.push(changes[0]?.id ?? '');
  }
  return ids;
}

const setAll = (ids: readonly string[], value: number, code: string): Change[] =>
  ids.map((id) => ({ kind: 'update', type: 'Observation', id, resource: pulse(id.slice(0, 12), value, code) }));

const readAll = (by: Process, ids: readonly string[]): Promise<(number | undefined)[]> =>
  Promise.all(
    ids.map(async (id) => measured((await by.records.read(callOf(), trust, { type: 'Observation', id })).found)),
  );

async function stagedDocuments(by: Process, ids: readonly string[]): Promise<number> {
  const counts = await Promise.all(
    ids.map((id) =>
      by
        .documents('records')
        .query<string>(
          'SELECT VALUE c.id FROM c WHERE IS_DEFINED(c.next)',
          {},
          { partition: `${trust}|P|${id.slice(0, 12)}` },
        ),
    ),
  );
  return counts.reduce((sum, { items }) => sum + items.length, 0);
}

async function outboxEntries(by: Process, ids: readonly string[], transaction: string): Promise<OutboxEntry[]> {
  const pages = await Promise.all(
    ids.map((id) =>
      by
        .documents('records')
        .query<OutboxEntry>(
          "SELECT * FROM c WHERE c.kind = 'outbox'",
          {},
          { partition: `${trust}|P|${id.slice(0, 12)}` },
        ),
    ),
  );
  return pages.flatMap(({ items }) => items).filter(({ id }) => id.startsWith(`outbox|${transaction}`));
}

/** Starts a commit in a process that dies at its nth step; resolves with the steps it took and its transaction. */
async function killedAt(step: number, changes: readonly Change[]): Promise<{ steps: string[]; transaction: string }> {
  const steps: string[] = [];
  let died: () => void = () => undefined;
  const dead = new Promise<void>((resolve) => {
    died = resolve;
  });
  const doomed = store.process({
    step: (name) => {
      if (steps.length < step) {
        steps.push(name);
        return undefined;
      }
      died();
      return new Promise<void>(() => undefined);
    },
  });
  await store.caughtUp();
  const before = await transactionIds();
  await Promise.race([doomed.records.commit(callOf(), trust, changes, facts), dead]);
  // What was on the wire when the process died may still arrive.
  await sleep(15);
  await store.caughtUp();
  const now = await transactionIds();
  return { steps, transaction: now.find((id) => !before.includes(id)) ?? '' };
}

const transactionIds = async (): Promise<string[]> =>
  (await app.documents('transactions').query<string>('SELECT VALUE c.id FROM c', {})).items;

/** How somebody else comes upon what the dead process left. */
const recoveries: Record<
  string,
  (by: Process, transaction: string, ids: readonly string[], code: string) => Promise<unknown>
> = {
  'the change feed': (by, transaction) => by.records.promote(transaction),
  'the sweep': (by) => by.records.sweep(),
  'the next writer': async (by, _transaction, ids, code) => {
    for (const id of ids) {
      const value = measured((await by.records.read(callOf(), trust, { type: 'Observation', id })).found) ?? 0;
      await by.records.commit(callOf(), trust, setAll([id], value, code), facts);
    }
  },
};

for (const [name, recover] of Object.entries(recoveries)) {
  test(`a commit over three patients killed before any step is whole for readers, and ${name} settles it`, async () => {
    let step = 0;
    for (let finished = false; !finished; step++) {
      const code = `kill-${step}-${name}`;
      const ids = await threeObservations(code);
      const { steps, transaction } = await killedAt(step, setAll(ids, 2, code));
      finished = steps.includes('promoted');
      const committed = steps.includes('staged') && (await isCommitted(transaction));
      const expected = committed ? [2, 2, 2] : [1, 1, 1];
      const reader = store.process();
      const at = `killed after ${steps.join(', ') || 'nothing'}`;
      assert.deepEqual(await readAll(reader, ids), expected, at);
      const found = await reader.records.search(callOf(), trust, searchFor('Observation', { code }));
      assert.deepEqual(found.matches.map(measured), expected, at);

      const helper = store.process({ ahead: late });
      await recover(helper, transaction, ids, code);
      await store.caughtUp();
      assert.equal(await stagedDocuments(app, ids), 0, at);
      assert.deepEqual(await readAll(app, ids), expected, at);
      const told = await outboxEntries(app, ids, transaction);
      assert.equal(told.length, committed ? 3 : 0, at);
      assert.equal(told.filter(({ audit }) => audit !== undefined).length, committed ? 1 : 0, at);
    }
    assert.ok(step >= 9, `${step} steps`);
  });
}

const isCommitted = async (transaction: string): Promise<boolean> =>
  (await app.documents('transactions').readTogether<{ state: string }>(transaction, [transaction]))[0]?.document
    .state === 'committed';

test('a Patient whose creation died is not there, and its NHS number is free for the next', async () => {
  const change = { kind: 'create', resource: patient('Verloren', '9990000042') } as const;
  const { steps } = await killedAt(3, [change]);
  assert.ok(steps.includes('begun'));
  const query = searchFor('Patient', { identifier: 'https://fhir.nhs.uk/Id/nhs-number|9990000042' });
  assert.equal((await store.process().records.search(callOf(), trust, query)).total, 0);
  const helper = store.process({ ahead: late });
  await helper.records.commit(callOf(), trust, [change], facts);
  await store.caughtUp();
  assert.equal((await app.records.search(callOf(), trust, query)).total, 1);
});

test('a coordinator slower than its deadline is aborted, starts again and leaves nothing half', async () => {
  const ids = await threeObservations('slow');
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let waited = false;
  let reached: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const slow = store.process({
    step: async (name) => {
      if (name !== 'staged' || waited) return;
      waited = true;
      reached();
      await held;
    },
  });
  const commit = slow.records.commit(callOf(), trust, setAll(ids, 5, 'slow'), facts);
  await waiting;
  const helper = store.process({ ahead: late });
  await helper.records.commit(callOf(), trust, setAll(ids.slice(0, 1), 3, 'slow'), facts);
  release();
  await commit;
  assert.deepEqual(await readAll(app, ids), [5, 5, 5]);
  assert.equal(await stagedDocuments(app, ids), 0);
  const history = await app.records.history(callOf(), trust, { type: 'Observation', id: ids[0] ?? '' });
  assert.deepEqual(history.versions.map(measured), [5, 3, 1]);
});

test('a writer waits for a coordinator that is in time', async () => {
  const ids = await threeObservations('waited-for');
  const begun: string[] = [];
  let reached: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const slow = store.process({
    step: async (name) => {
      begun.push(name);
      if (name !== 'staged') return;
      reached();
      await sleep(100);
    },
  });
  const commit = slow.records.commit(callOf(), trust, setAll(ids, 5, 'waited-for'), facts);
  await waiting;
  await app.records.commit(callOf(), trust, setAll(ids.slice(0, 1), 6, 'waited-for'), facts);
  await commit;
  assert.equal(begun.filter((name) => name === 'begun').length, 1);
  assert.deepEqual(await readAll(app, ids), [6, 5, 5]);
});

test('two staged commits on the same documents follow one another', async () => {
  const ids = await threeObservations('both');
  const writers = [store.process(), store.process(), store.process()];
  await Promise.all(
    writers.map((writer, index) => writer.records.commit(callOf(), trust, setAll(ids, 10 + index, 'both'), facts)),
  );
  const values = await readAll(app, ids);
  assert.equal(new Set(values).size, 1);
  for (const id of ids) {
    const { versions } = await app.records.history(callOf(), trust, { type: 'Observation', id });
    assert.deepEqual(
      versions.map(({ versionId }) => versionId),
      ['4', '3', '2', '1'],
    );
  }
  assert.equal(await stagedDocuments(app, ids), 0);
});
