import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FhirApi, type FhirBody, startFhirApi } from '../../test/support/fhir-api.ts';
import { encounter, ward } from '../../test/support/record-samples.ts';

const nhs = (value: string) => [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value }];
const person = (family: string, given: string, birthDate: string, postalCode: string, number?: string) => ({
  resourceType: 'Patient',
  ...(number === undefined ? {} : { identifier: nhs(number) }),
  name: [{ family, given: [given] }],
  birthDate,
  gender: 'female',
  address: [{ postalCode }],
});
const people = {
  ada: person('Quillfeather', 'Adelaide', '1948-03-07', 'LS1 3EX', '9990000255'),
  // Her twin, and somebody who shares her name.
  berta: person('Quillfeather', 'Berta', '1948-03-07', 'LS1 3EX', '9990000263'),
  namesake: person('Quillfeather', 'Adelaide', '1991-10-12', 'M1 1AA', '9990000271'),
  odd: person("O'Hara, the, elder|x", 'Ivy', '1950-01-01', 'LS2 9JT'),
};
type Name = keyof typeof people;

let api: FhirApi;
const nameOf = new Map<string, Name>();
before(async () => {
  api = await startFhirApi();
  for (const resource of ward('J09')) await api.send('PUT', `Location/${resource.id}`, { body: resource });
  for (const [name, body] of Object.entries(people))
    nameOf.set(String((await api.send('POST', 'Patient', { body })).body.id), name as Name);
});
after(() => api.close());

interface Graded {
  readonly resource: FhirBody;
  readonly search: { readonly score: number; readonly extension: readonly { readonly valueCode: string }[] };
}
const entriesOf = ({ entry = [] }: FhirBody) => entry as unknown as readonly Graded[];
const ask = (resource: unknown, more: object[] = [], who: 'integration' | 'nurse' = 'integration') =>
  api.send('POST', 'Patient/$match', {
    who,
    body: { resourceType: 'Parameters', parameter: [{ name: 'resource', resource }, ...more] },
  });
async function matched(resource: unknown, more: object[] = [], who: 'integration' | 'nurse' = 'integration') {
  const { status, body } = await ask(resource, more, who);
  assert.equal(status, 200, JSON.stringify(body));
  return entriesOf(body).map((entry) => [nameOf.get(entry.resource.id ?? ''), entry.search.extension[0]?.valueCode]);
}
const onlyCertain = [{ name: 'onlyCertainMatches', valueBoolean: true }];

test('the same person is certain, and comes before whom she is like', async () => {
  assert.deepEqual(await matched(people.ada), [['ada', 'certain']]);
  const { identifier: _, ...unnumbered } = people.ada;
  assert.deepEqual(await matched(unnumbered), [
    ['ada', 'probable'],
    ['berta', 'possible'],
  ]);
});

test('a slip in name, birth date or postcode still finds her, by what is left', async () => {
  const { identifier: _, ...unnumbered } = people.ada;
  for (const change of [
    { name: [{ family: 'Quilfeather', given: ['Adelaide'] }] },
    { name: [{ family: 'Smith', given: ['Adélaïde'] }] },
    { birthDate: '1948-07-03' },
    { address: [{ postalCode: 'ls13ex' }] },
    { address: undefined },
  ])
    assert.equal((await matched({ ...unnumbered, ...change }))[0]?.[0], 'ada', JSON.stringify(change));
});

test('a name with characters that mean something in a search is only a name', async () => {
  assert.deepEqual(await matched(people.odd), [['odd', 'probable']]);
});

test('onlyCertainMatches answers with the one that is certain, or with none', async () => {
  assert.deepEqual(await matched(people.ada, onlyCertain), [['ada', 'certain']]);
  const { identifier: _, ...unnumbered } = people.ada;
  assert.deepEqual(await matched(unnumbered, onlyCertain), []);
  const both = { ...people.ada, identifier: [...nhs('9990000255'), ...nhs('9990000263')] };
  assert.equal((await matched(both)).filter(([, grade]) => grade === 'certain').length, 2);
  assert.deepEqual(await matched(both, onlyCertain), []);
});

test('count limits what is shown, and scores fall', async () => {
  const { identifier: _, ...unnumbered } = people.ada;
  assert.equal((await matched(unnumbered, [{ name: 'count', valueInteger: 1 }])).length, 1);
  const { body } = await ask(unnumbered);
  const scores = entriesOf(body).map(({ search }) => search.score);
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  );
  assert.ok(scores.every((score) => score > 0 && score <= 1));
});

test('nobody finds by it whom they may not see, and the entry names no value', async () => {
  assert.deepEqual(await matched(people.ada, [], 'nurse'), []);
  const [id] = [...nameOf].find(([, name]) => name === 'ada') ?? [];
  await api.send('POST', 'Encounter', { body: encounter(String(id), 'J09-01') });
  api.audited.length = 0;
  assert.deepEqual(await matched(people.ada, [], 'nurse'), [['ada', 'certain']]);
  assert.deepEqual(
    api.audited.map(({ subtype, patients, entities }) => [subtype, patients, entities.map((one) => one.id)]),
    [['match', [id], [id]]],
  );
  assert.doesNotMatch(JSON.stringify(api.audited), /Quillfeather|1948|9990000255/i);
});

test('what cannot be asked is refused with what to change', async () => {
  const bad: [Awaited<ReturnType<typeof ask>>, number, string][] = [
    [await api.send('POST', 'Patient/$match', { body: people.ada }), 400, 'Parameters.parameter[resource]'],
    [await ask({ resourceType: 'Patient', gender: 'x' }), 422, 'Patient.gender'],
    [await ask({ resourceType: 'Patient', name: [{ family: 'Smith' }] }), 422, 'Parameters.parameter[resource]'],
    [await ask(people.ada, [{ name: 'count', valueInteger: 0 }]), 400, 'Parameters.parameter[count]'],
    [
      await ask(people.ada, [{ name: 'onlyCertainMatches', valueBoolean: 'yes' }]),
      400,
      'Parameters.parameter[onlyCertainMatches]',
    ],
  ];
  for (const [{ status, body }, wanted, expression] of bad) {
    assert.equal(status, wanted, JSON.stringify(body));
    assert.equal(body.issue?.[0]?.expression?.[0] ?? '', expression);
  }
});

test('who was registered twice is found by what either registration says, as the one who survives', async () => {
  const twice = person('Wintergreen', 'Hester', '1961-05-05', 'WF1 2AB', '9990000654');
  const other = { ...twice, identifier: nhs('9990000662'), name: [{ family: 'Wintergreen-Poole', given: ['Hester'] }] };
  const [gone, stays] = [
    String((await api.send('POST', 'Patient', { body: other })).body.id),
    String((await api.send('POST', 'Patient', { body: twice })).body.id),
  ];
  const reference = (id: string) => ({ valueReference: { reference: `Patient/${id}` } });
  const merge = await api.send('POST', 'Patient/$merge', {
    body: {
      resourceType: 'Parameters',
      parameter: [
        { name: 'source-patient', ...reference(gone) },
        { name: 'target-patient', ...reference(stays) },
      ],
    },
  });
  assert.equal(merge.status, 200, JSON.stringify(merge.body));
  for (const asked of [twice, other]) {
    const entries = entriesOf((await ask(asked)).body);
    assert.deepEqual(
      entries.map(({ resource, search }) => [resource.id, search.extension[0]?.valueCode]),
      [[stays, 'certain']],
    );
  }
});
