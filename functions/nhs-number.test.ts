import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Call } from '../shared/context.ts';
import { WardlineError } from '../shared/errors.ts';
import { validateResource } from '../shared/fhir/index.ts';
import type { Reply, Route } from '../shared/http.ts';
import { patient } from '../test/support/record-samples.ts';
import { searchFor } from '../test/support/record-searches.ts';
import { callOf, type RecordStore, startRecordStore } from '../test/support/records.ts';
import { nhsNumberRoutes } from './nhs-number.ts';

let store: RecordStore;
before(async () => {
  store = await startRecordStore();
});
after(() => store.close());

const trust = 'RR8';
const create = async (family: string, nhsNumber?: string, more: object = {}): Promise<string> => {
  const { records } = store.process();
  const resource = { ...patient(family, nhsNumber), ...more };
  const facts = { subtype: 'create', action: 'C' } as const;
  return (await records.commit(callOf(), trust, [{ kind: 'create', resource }], facts)).changes[0]?.id ?? '';
};
function claim(id: string, body: unknown, call: Call = callOf()): Promise<Reply> {
  const [route] = nhsNumberRoutes({ records: store.process().records, validateResource }) as [
    Extract<Route, { handler(request: never): Promise<Reply> }>,
  ];
  return (route.handler as (request: unknown) => Promise<Reply>)({
    call,
    params: { patient: id },
    json: async () => body,
  });
}
const found = async (nhsNumber: string): Promise<string[]> => {
  const by = searchFor('Patient', { identifier: `https://fhir.nhs.uk/Id/nhs-number|${nhsNumber}` });
  return (await store.process().records.search(callOf(), trust, by)).matches.map(({ resource }) => String(resource.id));
};
const ukCore = { meta: { profile: ['https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient'] } };

test('a patient without an NHS number is given one, is found by it, and its verification follows', async () => {
  const id = await create('Nummer', undefined, { ...ukCore, identifier: [{ system: 'urn:mrn', value: '7' }] });
  assert.equal((await claim(id, { nhsNumber: '999 000 0603', verification: '03' })).status, 200);
  assert.deepEqual(await found('9990000603'), [id]);
  await claim(id, { nhsNumber: '9990000603', verification: '01' });
  const { resource } = (await store.process().records.read(callOf(), trust, { type: 'Patient', id })).found;
  const [number, ...others] = resource['identifier'] as { value: string; extension: unknown[] }[];
  assert.equal(number?.value, '9990000603');
  assert.match(JSON.stringify(number.extension), /"code":"01"/);
  assert.equal(number.extension.length, 1);
  assert.deepEqual(others, [{ system: 'urn:mrn', value: '7' }]);
  await validateResource({ ...resource, ...ukCore }, 'Patient');
});

test('of several who claim one number at once one gets it, and the others are told who decides', async () => {
  const ids = await Promise.all(['Erste', 'Zweite', 'Dritte'].map((family) => create(family)));
  const outcomes = await Promise.allSettled(
    ids.map((id) => claim(id, { nhsNumber: '9990000611', verification: '02' })),
  );
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue;
    assert.ok(outcome.reason instanceof WardlineError, String(outcome.reason));
    assert.equal(outcome.reason.status, 409);
    assert.match(outcome.reason.message, /may merge/);
    for (const id of ids) assert.ok(!outcome.reason.message.includes(id), 'nobody is named');
  }
  assert.equal((await found('9990000611')).length, 1);
});

test('a patient who has a number keeps it, and what is no number is none', async () => {
  const id = await create('Behalten', '9990000638');
  await assert.rejects(claim(id, { nhsNumber: '9990000646', verification: '01' }), { code: 'conflict' });
  for (const [body, expression] of [
    [{ nhsNumber: '9990000639', verification: '01' }, 'nhsNumber'],
    [{ nhsNumber: 9990000638, verification: '01' }, 'nhsNumber'],
    [{ nhsNumber: '9990000638', verification: '07' }, 'verification'],
    [{ nhsNumber: '9990000638' }, 'verification'],
    [null, 'nhsNumber'],
  ] as const)
    await assert.rejects(claim(id, body), (error: WardlineError) => error.problems[0]?.expression === expression);
  await assert.rejects(claim('nobody', { nhsNumber: '9990000646', verification: '01' }), { code: 'not-found' });
  await assert.rejects(claim(id, { nhsNumber: '9990000638', verification: '01' }, { ...callOf('nurse') }), {
    code: 'forbidden',
  });
});
