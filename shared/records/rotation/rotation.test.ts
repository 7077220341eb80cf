import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { encounter, patient, pulse, ward } from '../../../test/support/record-samples.ts';
import { searchFor } from '../../../test/support/record-searches.ts';
import { callOf, type Process, type RecordStore, startRecordStore } from '../../../test/support/records.ts';
import type { FhirResource } from '../../fhir/index.ts';
import { type Rotated, spo2ScaleOrder } from '../index.ts';

const trust = 'RR8';
const facts = { subtype: 'create', action: 'C' } as const;
const number = (identifier: string) => ({ identifier: `https://fhir.nhs.uk/Id/nhs-number|${identifier}` });
let store: RecordStore;
before(async () => {
  store = await startRecordStore();
  for (const resource of ward('J09'))
    await store
      .process()
      .records.commit(
        callOf(),
        trust,
        [{ kind: 'update', type: 'Location', id: resource.id ?? '', resource, allowCreate: true }],
        facts,
      );
});
after(() => store.close());

const create = async (app: Process, resource: FhirResource): Promise<string> =>
  (await app.records.commit(callOf(), trust, [{ kind: 'create', resource }], facts)).changes[0]?.id ?? '';
const found = async (app: Process, type: string, by: Record<string, string>): Promise<string[]> =>
  (await app.records.search(callOf(), trust, searchFor(type, by))).matches.map(({ resource }) => String(resource.id));

/** One pass through the record. */
async function pass(app: Process): Promise<Rotated> {
  let changed = 0;
  let left = 0;
  const add = (rotated: Rotated): void => {
    changed += rotated.changed;
    left += rotated.left;
  };
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: Awaited<ReturnType<typeof app.recordRotation.patients>> = await app.recordRotation.patients(
      trust,
      after,
    );
    add(page);
    after = page.after;
  }
  for (const type of ['Location', 'ServiceRequest', 'Task']) add(await app.recordRotation.sharedOf(trust, type));
  return { changed, left };
}

/** Ids of documents that an earlier key sealed, hashed or claims. */
async function stale(data: string, hash: string): Promise<string[]> {
  const { items } = await store.process().documents('records').query<Record<string, unknown>>('SELECT * FROM c', {});
  return items
    .filter(({ id, kind, wrappedKey, sealed, search }) => {
      const wrong = (text: unknown, ...versions: string[]): boolean =>
        typeof text === 'string' && !versions.some((version) => text.startsWith(`${version}.`));
      return (
        wrong(wrappedKey, data) ||
        wrong(sealed, data, 'p1') ||
        (kind === 'claim' && wrong(String(id).split('|')[2], hash)) ||
        (search as string[] | undefined)?.some((term) => wrong(term, hash)) === true
      );
    })
    .map(({ kind, id }) => `${kind} ${id}`);
}

test('a rotation changes keys and nothing else: all is read, found and counted as before, at every step', async () => {
  const before = store.process();
  const one = await create(before, patient('Vorher', '9990000271'));
  const without = await create(before, patient('Nummerlos'));
  await create(before, encounter(one, 'J09-01'));
  const observation = await create(before, pulse(one, 61));
  const order = {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    code: { coding: [spo2ScaleOrder] },
  };
  await create(before, { ...order, subject: { reference: `Patient/${one}` } });
  const task = await create(before, { resourceType: 'Task', status: 'requested', intent: 'order' });
  const update = { ...pulse(one, 62), id: observation };
  await before.records.commit(
    callOf(),
    trust,
    [{ kind: 'update', type: 'Observation', id: observation, resource: update }],
    facts,
  );
  const state = async (app: Process): Promise<unknown> => [
    await found(app, 'Patient', number('9990000271')),
    await found(app, 'Patient', { family: 'nummerlos' }),
    await found(app, 'Observation', { patient: one, code: '8867-4' }),
    await found(app, 'Encounter', { location: 'Location/J09-01' }),
    await found(app, 'Task', { status: 'requested' }),
    (await app.records.history(callOf(), trust, { type: 'Observation', id: observation })).versions.map(
      ({ resource }) => resource,
    ),
    (await app.records.read(callOf(), trust, { type: 'Location', id: 'J09' })).found,
    (await app.records.read(callOf(), trust, { type: 'Patient', id: without })).found,
    (await app.records.read(callOf(), trust, { type: 'Task', id: task })).found,
    (({ wrappedKey: _, ...head }) => head)((await app.records.head(trust, one)) ?? { wrappedKey: '' }),
  ];
  const expected = await state(before);

  await before.keyRotation.announce(trust, 'run');
  const announced = store.process();
  assert.deepEqual(await state(announced), expected);
  await before.keyRotation.switchOver(trust);
  const app = store.process();
  assert.deepEqual(await state(app), expected, 'before anything was written anew');
  assert.deepEqual(await state(announced), expected, 'for who has not heard of it');

  // Somebody who has not heard of it writes on; two with one number meet in each order.
  const between = await create(announced, patient('Zwischen', '9990000298'));
  await assert.rejects(create(app, patient('Anders', '9990000298')), { code: 'duplicate' });
  await create(app, patient('Danach', '9990000301'));
  await assert.rejects(create(announced, patient('Anders', '9990000301')), { code: 'duplicate' });
  await assert.rejects(create(before, patient('Anders', '9990000301')), { code: 'duplicate' });

  assert.ok((await pass(app)).changed > 0);
  assert.deepEqual(await state(app), expected, 'in the middle');
  assert.deepEqual(await state(announced), expected, 'in the middle, for who has not heard of it');
  // What was written a moment ago is left until no replica can show the time before.
  const later = store.process({ ahead: 20_000 });
  assert.equal((await pass(later)).left, 0);
  assert.deepEqual(await pass(later), { changed: 0, left: 0 });
  await app.keyRotation.finish(trust);
  const last = store.process();
  await last.recordRotation.forgetClaims(trust);
  assert.deepEqual(await stale('d2', 'h2'), []);
  assert.deepEqual(await state(last), expected);
  assert.deepEqual(await found(last, 'Patient', number('9990000298')), [between]);
  await assert.rejects(create(last, patient('Anders', '9990000271')), { code: 'duplicate' });
  assert.equal((await found(last, 'Patient', { family: 'zwischen' })).length, 1);
});

test('writers meanwhile lose nothing, and a rotation that is killed at any step is carried on by the next', async () => {
  const names = ['Eins', 'Zwei', 'Drei', 'Vier'];
  const before = store.process();
  const ids: string[] = [];
  for (const [index, name] of names.entries())
    ids.push(await create(before, patient(name, `99900010${`${index}`}${[1, 8, 4, 0][index]}`)));
  await before.keyRotation.announce(trust, 'second');
  await before.keyRotation.switchOver(trust);
  const app = store.process();
  let writing = true;
  let written = 0;
  const writer = (async () => {
    for (let round = 0; writing; round++) {
      const at = round % ids.length;
      const id = ids[at] ?? '';
      // The name changes with every round: claims, look-ups and terms with it.
      const name = `${names[at]?.replace(/\d+$/, '')}${round}`;
      const resource = { ...patient(name, `99900010${at}${[1, 8, 4, 0][at]}`), id };
      await app.records.commit(callOf(), trust, [{ kind: 'update', type: 'Patient', id, resource }], facts);
      names[at] = name;
      written += 1;
      await sleep(3);
    }
  })();
  let killed = 0;
  for (let step = 0; step < 14; step++) {
    let steps = 0;
    let died: () => void = () => undefined;
    const dead = new Promise<void>((resolve) => {
      died = resolve;
    });
    const doomed = store.process({
      step: () => {
        if (steps++ < step) return;
        killed += 1;
        died();
        return new Promise<void>(() => undefined);
      },
    });
    await Promise.race([pass(doomed), dead]);
  }
  writing = false;
  await writer;
  assert.ok(killed > 5 && written > 5, `${killed} kills, ${written} writes`);
  // Past the deadlines of what the dead had begun, and the time in which a promotion is young.
  const helper = store.process({ ahead: 60_000 });
  await helper.records.sweep();
  for (let round = 0, left = 1; left > 0; round++) {
    assert.ok(round < 6, 'it comes to an end');
    const done = await pass(helper);
    left = done.changed + done.left;
  }
  await helper.keyRotation.finish(trust);
  const last = store.process();
  await last.recordRotation.forgetClaims(trust);
  assert.deepEqual(await stale('d3', 'h3'), []);
  for (const [index, id] of ids.entries()) {
    assert.deepEqual(await found(last, 'Patient', { family: names[index] ?? '' }), [id]);
    assert.deepEqual(await found(last, 'Patient', number(`99900010${index}${[1, 8, 4, 0][index]}`)), [id]);
    const versions = (await last.records.history(callOf(), trust, { type: 'Patient', id })).versions;
    assert.deepEqual(
      versions.map(({ versionId }) => Number(versionId)),
      versions.map((_, at) => versions.length - at),
    );
  }
});
