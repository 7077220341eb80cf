import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { patient, pulse } from '../../test/support/record-samples.ts';
import { searchFor } from '../../test/support/record-searches.ts';
import { callOf, type Process, type RecordStore, startRecordStore } from '../../test/support/records.ts';
import type { FhirResource, SearchQuery } from '../fhir/index.ts';
import type { Change, StoredResource } from './index.ts';

const trust = 'RR8';
const facts = { subtype: 'transaction', action: 'E' } as const;

const measured = ({ resource }: StoredResource): number | undefined =>
  (resource as { valueQuantity?: { value: number } }).valueQuantity?.value;

const setAll = (ids: readonly string[], value: number, code: string): Change[] =>
  ids.map((id) => ({ kind: 'update', type: 'Observation', id, resource: pulse(id.slice(0, 12), value, code) }));

/** Reads until the writer is done; every answer must satisfy the claim. */
async function watch(done: () => boolean, look: () => Promise<void>): Promise<number> {
  let looks = 0;
  while (!done()) {
    await look();
    looks += 1;
  }
  return looks;
}

async function neverTorn(own: RecordStore, writerSteps: number): Promise<void> {
  const writer = own.process();
  const reader = own.process();
  const code = 'torn';
  const tokens: string[] = [];
  for (const family of ['Dora', 'Emma']) {
    const made = await writer.records.commit(callOf(), trust, [{ kind: 'create', resource: patient(family) }], facts);
    tokens.push(made.changes[0]?.id ?? '');
  }
  const [first = '', second = ''] = tokens;
  let here = await moving(writer, first);
  let there = second;
  const made = await writer.records.commit(
    callOf(),
    trust,
    [
      { kind: 'create', resource: pulse(first, 0, code) },
      { kind: 'create', resource: pulse(second, 0, code) },
    ],
    facts,
  );
  const ids = made.changes.map(({ id }) => id);
  let done = false;
  let stopped = false;
  const writing = (async () => {
    for (let value = 1; value <= writerSteps && !stopped; value++) {
      // The two always have the same value, and the third is always with exactly one of the patients.
      const moved = await writer.records.commit(
        callOf(),
        trust,
        [
          ...setAll(ids, value, code),
          { kind: 'delete', type: 'Observation', id: here },
          { kind: 'create', resource: pulse(there, 1, 'moving') },
        ],
        facts,
      );
      there = here.slice(0, 12);
      here = moved.changes.at(-1)?.id ?? '';
      await sleep(3);
    }
    done = true;
  })();
  const query: SearchQuery = searchFor('Observation', { code });
  // The reader knows of the beginning and of nothing after it: a replica may show it any state since.
  const begun = callOf('integration', made.session);
  const looks = await watch(
    () => done,
    async () => {
      const found = await reader.records.search(begun, trust, query);
      const values = found.matches.map(measured);
      assert.equal(values.length, 2);
      assert.equal(new Set(values).size, 1, `torn: ${values}`);
      const one = await reader.records.search(begun, trust, searchFor('Observation', { code: 'moving' }));
      assert.equal(one.total, 1);
    },
  ).finally(() => {
    stopped = true;
    return writing;
  });
  assert.ok(looks > 3, `${looks} looks`);
}

async function moving(writer: Process, token: string): Promise<string> {
  const resource: FhirResource = pulse(token, 1, 'moving');
  const { changes } = await writer.records.commit(callOf(), trust, [{ kind: 'create', resource }], facts);
  return changes[0]?.id ?? '';
}

test('readers never see half a transaction while it is written', async () => {
  const store = await startRecordStore();
  try {
    await neverTorn(store, 25);
  } finally {
    await store.close();
  }
});

test('readers never see half a transaction from replicas that lag', async () => {
  const stale = await startRecordStore({ staleReadsMs: 120 });
  try {
    await neverTorn(stale, 25);
  } finally {
    await stale.close();
  }
});
