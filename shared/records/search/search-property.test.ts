import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomFrom } from '../../../demo/random.ts';
import {
  asResource,
  generateAsked,
  generateObservation,
  type PlainObservation,
} from '../../../test/support/observation-oracle.ts';
import { encounter, patient } from '../../../test/support/record-samples.ts';
import { callOf, type Process, type RecordStore, startRecordStore } from '../../../test/support/records.ts';
import { parseSearch } from '../../fhir/index.ts';
import type { Change } from '../index.ts';

const trust = 'RR8';
const facts = { subtype: 'create', action: 'C' } as const;
const seed = Number(process.env['SEED'] ?? 20261125);
const observations = 150;
const searches = 80;

let store: RecordStore;
let app: Process;
const patients: string[] = [];
const encounters: string[] = [];
/** What stands in the record, the naive way: a list. */
let recorded: PlainObservation[] = [];
/** The same after the first half of the changes. */
let recordedThen: PlainObservation[] = [];
let then = 0;

before(async () => {
  store = await startRecordStore();
  app = store.process();
  for (const name of ['Eins', 'Zwei', 'Drei']) {
    const id = await commitOne({ kind: 'create', resource: patient(name) });
    patients.push(id);
    encounters.push(await commitOne({ kind: 'create', resource: encounter(id, undefined) }));
  }
  const random = randomFrom(seed);
  const make = () => generateObservation(random, patients, encounters);
  const made = Array.from({ length: observations }, make);
  const { changes } = await app.records.commit(
    callOf(),
    trust,
    made.map((one) => ({ kind: 'create', resource: asResource(one) })),
    facts,
  );
  recorded = made.map((one, index) => ({ ...one, id: String(changes[index]?.id) }));
  recordedThen = [...recorded];
  then = Math.max(...changes.map(({ lastUpdated }) => Date.parse(lastUpdated)));
  while (Date.now() <= then) await new Promise((resolve) => setTimeout(resolve, 1));
  // A third is changed, a tenth is deleted.
  for (let change = 0; change < observations / 3; change++) {
    const index = random.below(recorded.length);
    const old = recorded[index];
    if (old === undefined) continue;
    const id = String(old.id);
    if (random.below(4) === 0) {
      await commitOne({ kind: 'delete', type: 'Observation', id });
      recorded.splice(index, 1);
      continue;
    }
    const next = { ...make(), patient: old.patient, id };
    await commitOne({ kind: 'update', type: 'Observation', id, resource: asResource(next) });
    recorded[index] = next;
  }
});
after(() => store.close());

async function commitOne(change: Change): Promise<string> {
  return (await app.records.commit(callOf(), trust, [change], facts)).changes[0]?.id ?? '';
}

/** Generated searches, each against the naive answer. */
async function compare(from: number, list: readonly PlainObservation[], at?: number): Promise<void> {
  const random = randomFrom(from);
  let matched = 0;
  for (let count = 0; count < searches; count++) {
    const asked = Array.from({ length: 1 + random.below(3) }, () => generateAsked(random, patients, encounters));
    const one = random.below(2) === 0 ? random.pick(patients) : undefined;
    const parameters = new URLSearchParams(
      asked.map(({ parameter: [name, value] }): [string, string] => [name, value]),
    );
    if (one !== undefined) parameters.append('patient', one);
    const query = parseSearch('Observation', parameters);
    const { matches } = await app.records.search(callOf(), trust, at === undefined ? query : { ...query, at });
    const expected = list.filter(
      (each) => (one === undefined || each.patient === one) && asked.every((part) => part.finds(each)),
    );
    assert.deepEqual(
      matches.map(({ resource }) => String(resource.id)).sort(),
      expected.map(({ id }) => String(id)).sort(),
      `seed ${from}, search ${count}: ${decodeURIComponent(String(parameters))}`,
    );
    matched += expected.length;
  }
  // Searches that never find anything would agree for nothing.
  assert.ok(matched > searches);
}

test(`${searches} generated searches find what a list that is gone through finds`, () => compare(seed + 1, recorded));

test('so they do of a moment before a third of it was changed', () => compare(seed + 2, recordedThen, then));
