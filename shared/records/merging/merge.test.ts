import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encounter, patient, pulse, ward } from '../../../test/support/record-samples.ts';
import { searchFor } from '../../../test/support/record-searches.ts';
import { callOf, type Process, type RecordStore, startRecordStore } from '../../../test/support/records.ts';
import type { Call } from '../../context.ts';
import { type FhirResource, parseSearch, withinCompartment } from '../../fhir/index.ts';

const trust = 'RR8';
const facts = { subtype: 'create', action: 'C' } as const;
let store: RecordStore;
let app: Process;
before(async () => {
  store = await startRecordStore();
  app = store.process();
  for (const resource of [...ward('J09'), ...ward('J10')]) await put(resource);
});
after(() => store.close());

const create = async (resource: FhirResource): Promise<string> =>
  (await app.records.commit(callOf(), trust, [{ kind: 'create', resource }], facts)).changes[0]?.id ?? '';
const put = (resource: FhirResource) =>
  app.records.commit(
    callOf(),
    trust,
    [{ kind: 'update', type: resource.resourceType, id: resource.id ?? '', resource, allowCreate: true }],
    facts,
  );
const merging = (who: Parameters<typeof callOf>[0] = 'integration'): Call => ({
  ...callOf(who),
  policy: 'record:merge',
});
const merge = (source: string, target: string, by: Process = app) =>
  by.records.merge(merging(), trust, { source, target });
const unmerge = (source: string, by: Process = app) => by.records.unmerge(merging(), trust, source);
const find = async (type: string, by: Record<string, string>, call = callOf()): Promise<string[]> =>
  (await app.records.search(call, trust, searchFor(type, by))).matches
    .map(({ resource }) => String(resource.id))
    .sort();
const numbered = (value: string) => ({ identifier: `https://fhir.nhs.uk/Id/nhs-number|${value}` });
const read = async (id: string): Promise<FhirResource> =>
  (await app.records.read(callOf(), trust, { type: 'Patient', id })).found.resource;
const content = async (id: string): Promise<object> => (({ meta: _, ...rest }) => rest)(await read(id));

/** A patient with a measured pulse. */
async function person(family: string, nhsNumber?: string): Promise<{ id: string; observation: string }> {
  const id = await create({ ...patient(family, nhsNumber), active: true });
  return { id, observation: await create(pulse(id, 60)) };
}

test('two who are one are found under both ids and the survivor, and nothing of either is lost', async () => {
  const [a, b] = [await person('Doppelt', '9990000441'), await person('Einfach', '9990000468')];
  await merge(a.id, b.id);
  const both = [a.observation, b.observation].sort();
  for (const id of [a.id, b.id]) {
    assert.deepEqual(await find('Observation', { patient: id }), both);
    assert.deepEqual(await find('Observation', { subject: `Patient/${id}`, code: '8867-4' }), both);
    const inCompartment = withinCompartment(parseSearch('Observation', new URLSearchParams()), id, [
      'subject',
      'performer',
    ]);
    const { matches } = await app.records.search(callOf(), trust, inCompartment);
    assert.deepEqual(matches.map(({ resource }) => String(resource.id)).sort(), both);
  }
  const [gone, stays] = [await read(a.id), await read(b.id)];
  assert.equal(gone['active'], false);
  assert.deepEqual(gone['link'], [{ other: { reference: `Patient/${b.id}` }, type: 'replaced-by' }]);
  assert.deepEqual(stays['link'], [{ other: { reference: `Patient/${a.id}` }, type: 'replaces' }]);
  for (const by of [numbered('9990000441'), numbered('9990000468'), { family: 'doppelt' }])
    assert.deepEqual(await find('Patient', by), [b.id]);
  assert.deepEqual(await find('Patient', { birthdate: '1948-03-17', family: 'doppelt,einfach' }), [b.id], 'once');
  assert.deepEqual(await find('Patient', { _id: a.id }), [a.id]);
  assert.deepEqual(await find('Patient', { link: `Patient/${b.id}` }), [a.id]);
  await assert.rejects(create(patient('Neu', '9990000441')), { code: 'duplicate' });
});

test('everything comes page by page, of both', async () => {
  const [a, b] = [await person('Alles'), await person('Allesauch')];
  for (const value of [61, 62]) await create(pulse(a.id, value));
  await merge(a.id, b.id);
  const pages = async (id: string, count: number): Promise<string[]> => {
    const seen: string[] = [];
    for (let next: string | undefined = '', pages = 0; next !== undefined; pages++) {
      assert.ok(pages < 10);
      const page: Awaited<ReturnType<typeof app.records.everything>> = await app.records.everything(
        callOf(),
        trust,
        id,
        { count, ...(next === '' ? {} : { after: next }) },
      );
      seen.push(...page.resources.map(({ resource }) => String(resource.id)));
      next = page.after;
    }
    return seen.sort();
  };
  const all = await pages(b.id, 100);
  assert.equal(all.length, 6);
  for (const count of [1, 2, 4]) for (const id of [a.id, b.id]) assert.deepEqual(await pages(id, count), all);
});

test('the timeline is that of both, newest first, page by page', async () => {
  const [a, b] = [await person('Zeit'), await person('Zeitauch')];
  const at = (id: string, day: number) =>
    create({ ...pulse(id, day), effectiveDateTime: `2026-10-${10 + day}T08:00:00Z` });
  for (let day = 0; day < 6; day++) await at(day % 2 === 0 ? a.id : b.id, day);
  await merge(a.id, b.id);
  const pages = async (id: string, count: number): Promise<string[]> => {
    const seen: string[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const asked = { withdrawn: false, count, types: ['Observation'], ...(after === undefined ? {} : { after }) };
      const page: Awaited<ReturnType<typeof app.records.timeline>> = await app.records.timeline(
        callOf(),
        trust,
        id,
        asked,
      );
      seen.push(...page.entries.map(({ resource }) => String(resource['effectiveDateTime']).slice(0, 10)));
      after = page.after;
      more = after !== undefined;
      assert.ok(seen.length < 20);
    }
    return seen;
  };
  const all = await pages(b.id, 50);
  assert.equal(all.length, 8);
  assert.deepEqual(all, all.toSorted().reverse());
  for (const id of [a.id, b.id]) for (const count of [1, 3, 5]) assert.deepEqual(await pages(id, count), all);
});

test('a patient who was merged after an erasure was asked for is not erased', async () => {
  const [a, b] = [await person('Vorerst'), await person('Nachher')];
  const { recordErasure } = store.process();
  await recordErasure.request(callOf().actor, a.id, { reason: 'court-order', reference: 'x1' });
  await merge(a.id, b.id);
  for (const { id } of [a, b]) {
    await assert.rejects(recordErasure.eraseAttachments(trust, id), { code: 'business-rule' });
    await assert.rejects(recordErasure.destroyKey(trust, id, ''), { code: 'business-rule' });
  }
  assert.equal((await find('Observation', { patient: a.id })).length, 2);
});

test('whoever cares for one of them sees the record of both; what restricts one restricts both', async () => {
  const [a, b] = [await person('Nebenan'), await person('Hier')];
  await create(encounter(b.id, 'J09-01'));
  const nurse: Call = { ...callOf('nurse'), policy: 'record:read' };
  const see = (id: string) => app.records.read(nurse, trust, { type: 'Observation', id });
  await assert.rejects(see(a.observation), { code: 'forbidden' });
  await merge(a.id, b.id);
  await see(a.observation);
  assert.deepEqual(
    await find('Observation', { patient: a.id }, { ...nurse, policy: 'record:search' }),
    [a.observation, b.observation].sort(),
  );
  await assert.rejects(
    app.records.read({ ...callOf('stranger'), policy: 'record:read' }, trust, { type: 'Patient', id: a.id }),
    {
      code: 'forbidden',
    },
  );
  const sealed = {
    meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' }] },
  };
  await put({ ...(await read(a.id)), ...sealed });
  await assert.rejects(see(b.observation), /sealed/);
  await unmerge(a.id);
  await see(b.observation);
  await assert.rejects(see(a.observation), /sealed/);
});

test('undone, both are what they were, and each keeps what was written under its id meanwhile', async () => {
  const [a, b] = [await person('Irrtum', '9990000476'), await person('Recht', '9990000484')];
  const before = [await content(a.id), await content(b.id)];
  await merge(a.id, b.id);
  const [laterA, laterB] = [await create(pulse(a.id, 71)), await create(pulse(b.id, 72))];
  assert.equal((await find('Observation', { patient: b.id })).length, 4);
  assert.deepEqual(await unmerge(a.id).then(({ from }) => from), b.id);
  assert.deepEqual([await content(a.id), await content(b.id)], before);
  assert.deepEqual(await find('Observation', { patient: a.id }), [a.observation, laterA].sort());
  assert.deepEqual(await find('Observation', { patient: b.id }), [b.observation, laterB].sort());
  assert.deepEqual(await find('Patient', numbered('9990000476')), [a.id]);
  assert.equal((await app.records.head(trust, a.id))?.group, undefined);
});

test('in whatever order patients are merged and given back, the end is the same', async () => {
  const orders: ((a: string, b: string, c: string) => Promise<unknown>)[] = [
    async (a, b, c) => [await merge(a, b), await merge(b, c), await unmerge(a), await unmerge(b)],
    async (a, b, c) => [await merge(b, c), await merge(a, c), await unmerge(b), await unmerge(a)],
    async (a, b, c) => [await merge(a, c), await merge(b, c), await unmerge(b), await unmerge(a)],
    async (a, b, c) => [
      await merge(a, b),
      await unmerge(a),
      await merge(b, a),
      await unmerge(b),
      await merge(c, a),
      await unmerge(c),
    ],
  ];
  for (const [index, order] of orders.entries()) {
    const all = [await person(`Ord${index}a`), await person(`Ord${index}b`), await person(`Ord${index}c`)];
    const [a = '', b = '', c = ''] = all.map(({ id }) => id);
    const before = await Promise.all([a, b, c].map(content));
    await order(a, b, c);
    assert.deepEqual(await Promise.all([a, b, c].map(content)), before, `order ${index}`);
    for (const { id, observation } of all) assert.deepEqual(await find('Observation', { patient: id }), [observation]);
  }
  const [a, b, c] = [await person('Kette'), await person('Ketteb'), await person('Kettec')];
  await merge(a.id, b.id);
  await merge(b.id, c.id);
  for (const { id } of [a, b, c]) assert.equal((await find('Observation', { patient: id })).length, 3);
  for (const family of ['kette', 'ketteb']) assert.deepEqual(await find('Patient', { family }), [c.id]);
  await assert.rejects(merge(a.id, c.id), { code: 'conflict' });
  await assert.rejects(merge(c.id, a.id), { code: 'conflict' });
  await assert.rejects(merge(b.id, b.id), { code: 'business-rule' });
  await assert.rejects(unmerge(c.id), { code: 'conflict' });
  assert.deepEqual(await merge(a.id, b.id).then(({ merged }) => merged), false, 'told twice it is done once');
});

test('of merges at once in both directions one happens; writers at the same time lose nothing', async () => {
  for (let round = 0; round < 5; round++) {
    const [a, b] = [await person(`Hin${round}`), await person(`Her${round}`)];
    let written = 0;
    const writes = Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        const { id } = index % 2 === 0 ? a : b;
        await create(pulse(id, index));
        const resource = await read(id);
        // Who changes a Patient keeps the links that were read; who comes too late is told so.
        await put({ ...resource, birthDate: `195${index}-01-01` }).then(
          () => (written += 1),
          (error: unknown) => assert.match(String((error as { code?: string }).code), /business-rule|conflict/),
        );
      }),
    );
    const outcomes = await Promise.allSettled([
      merge(a.id, b.id, store.process()),
      merge(b.id, a.id, store.process()),
      writes,
    ]);
    assert.equal(outcomes.slice(0, 2).filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal(outcomes[2]?.status, 'fulfilled', String((outcomes[2] as { reason?: unknown }).reason));
    assert.ok(written > 0);
    assert.equal((await find('Observation', { patient: a.id })).length, 8);
    const links = [await read(a.id), await read(b.id)].map(({ link }) => (link as { type: string }[])[0]?.type);
    assert.deepEqual(links.sort(), ['replaced-by', 'replaces']);
  }
});

test('a merge that is killed before any step is whole or not at all, and can be told again', async () => {
  for (let step = 0, finished = false; !finished; step++) {
    assert.ok(step < 20);
    const [a, b] = [await person(`Tot${step}`), await person(`Lebt${step}`)];
    const steps: string[] = [];
    let died: () => void = () => undefined;
    const dead = new Promise<void>((resolve) => {
      died = resolve;
    });
    const doomed = store.process({
      step: (name) => {
        if (steps.length < step) return void steps.push(name);
        died();
        return new Promise<void>(() => undefined);
      },
    });
    await Promise.race([merge(a.id, b.id, doomed), dead]);
    finished = steps.includes('promoted');
    const found = await find('Observation', { patient: b.id });
    const links = [await read(a.id), await read(b.id)].map(({ link }) => (link as unknown[] | undefined)?.length ?? 0);
    assert.ok(
      (found.length === 1 && links.join() === '0,0') || (found.length === 2 && links.join() === '1,1'),
      `${steps.join()}: ${found.length} found, links ${links.join()}`,
    );
    const helper = store.process({ ahead: 60_000 });
    await merge(a.id, b.id, helper);
    assert.equal((await find('Observation', { patient: a.id })).length, 2);
    assert.deepEqual(await find('Patient', { family: `tot${step}` }), [b.id]);
  }
});

test('no other request makes or takes away what a merge says', async () => {
  const [a, b] = [await person('Fest'), await person('Fester')];
  await put({ ...(await read(a.id)), link: [{ other: { reference: `Patient/${b.id}` }, type: 'replaced-by' }] });
  assert.equal((await find('Observation', { patient: b.id })).length, 1, 'a link alone merges nobody');
  await put({ ...(await read(a.id)), link: [{ other: { reference: `Patient/${b.id}` }, type: 'seealso' }] });
  await merge(a.id, b.id);
  await assert.rejects(put({ ...(await read(a.id)), link: [] }), { code: 'business-rule' });
  await assert.rejects(app.records.commit(callOf(), trust, [{ kind: 'delete', type: 'Patient', id: a.id }], facts), {
    code: 'business-rule',
  });
  await put({ ...(await read(a.id)), birthDate: '1950-01-01' });
  await assert.rejects(merge('nobody', b.id), { code: 'not-found' });
  await assert.rejects(app.records.merge(merging('nurse'), trust, { source: a.id, target: b.id }), {
    code: 'forbidden',
  });
  await assert.rejects(
    store.process().recordErasure.request(callOf().actor, b.id, { reason: 'court-order', reference: 'x1' }),
    { code: 'business-rule' },
  );
});
