import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WardlineError } from '../errors.ts';
import { validateResource } from './index.ts';

const patient = {
  resourceType: 'Patient',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' }],
  name: [{ family: 'Planted', given: ['Ada'] }],
  birthDate: '1950-02-03',
};
const observation = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
  subject: { reference: 'Patient/1' },
};

async function problemsOf(resource: object): Promise<{ expression: string; detail: string }[]> {
  try {
    await validateResource(resource);
    return [];
  } catch (error) {
    assert.ok(error instanceof WardlineError, String(error));
    return error.problems.map(({ expression = '', detail }) => ({ expression, detail }));
  }
}
const expressionsOf = async (resource: object): Promise<string[]> =>
  (await problemsOf(resource)).map(({ expression }) => expression);

test('a valid resource is returned as it came', async () => {
  assert.equal(await validateResource(patient, 'Patient'), patient);
  assert.equal(await validateResource(observation), observation);
});

const faults: readonly (readonly [string, object, string])[] = [
  ['a missing element', { ...observation, code: undefined }, 'Observation.code'],
  ['an unknown property', { ...patient, shoeSize: 43 }, 'Patient.shoeSize'],
  ['a number where text belongs', { ...patient, birthDate: 1950 }, 'Patient.birthDate'],
  ['one value where several may be', { ...patient, name: { family: 'X' } }, 'Patient.name'],
  ['an empty text', { ...patient, language: '' }, 'Patient.language'],
  ['an empty list', { ...patient, name: [] }, 'Patient.name'],
  ['an empty object', { ...patient, name: [{}] }, 'Patient.name[0]'],
  ['a null', { ...patient, gender: null }, 'Patient.gender'],
  ['a code of another value set', { ...patient, gender: 'f' }, 'Patient.gender'],
  ['a code of another value set in a data type', { ...patient, name: [{ use: 'nick' }] }, 'Patient.name[0].use'],
  ['two values of one choice', { ...observation, valueString: 'a', valueInteger: 1 }, 'Observation.value'],
  ['a reference to another type', { ...observation, subject: { reference: 'Practitioner/1' } }, 'Observation.subject'],
  ['a day that does not exist', { ...patient, birthDate: '1950-02-30' }, 'Patient.birthDate'],
  ['a time without a zone', { ...observation, effectiveDateTime: '2026-01-01T10:00:00' }, 'Observation.effective'],
  ['an id with a space', { ...patient, id: 'a b' }, 'Patient.id'],
  [
    'an end before its start',
    { ...patient, name: [{ family: 'X', period: { start: '2026', end: '2025' } }] },
    'Patient.name[0].period',
  ],
  [
    'a NHS number with a wrong check digit',
    { ...patient, identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000019' }] },
    'Patient.identifier[0]',
  ],
  [
    'a NHS number of one digit ten times',
    { ...patient, identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '1111111111' }] },
    'Patient.identifier[0]',
  ],
  [
    'a NHS number with spaces',
    { ...patient, identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '999 000 0018' }] },
    'Patient.identifier[0]',
  ],
  [
    'an object where a list of extensions belongs',
    { ...patient, name: [{ family: 'X', _given: { id: 'a' } }] },
    'Patient.name[0].given',
  ],
  [
    'a script in the narrative',
    {
      ...patient,
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>1</script></div>' },
    },
    'Patient.text.div',
  ],
  ['a reference to what is not contained', { ...observation, subject: { reference: '#p' } }, 'Observation.subject'],
  [
    'a contained resource that nothing names',
    { ...observation, contained: [{ resourceType: 'Patient', id: 'p' }] },
    'Observation.contained[0]',
  ],
  [
    'a fault inside a contained resource',
    { ...observation, subject: { reference: '#p' }, contained: [{ resourceType: 'Patient', id: 'p', gender: 'f' }] },
    'Observation.contained[0].gender',
  ],
  [
    'a contained resource of no known type',
    { ...observation, contained: [{ resourceType: 'Ward', id: 'p' }] },
    'Observation.contained[0].resourceType',
  ],
  ['an Organization without name and identifier', { resourceType: 'Organization', active: true }, 'Organization'],
  [
    'two questions of one linkId',
    {
      resourceType: 'Questionnaire',
      status: 'draft',
      item: [
        { linkId: 'a', type: 'display' },
        { linkId: 'a', type: 'display' },
      ],
    },
    'Questionnaire',
  ],
];
for (const [what, resource, expression] of faults)
  test(`${what} is refused at ${expression}`, async () => {
    const found = await expressionsOf(JSON.parse(JSON.stringify(resource)));
    assert.ok(found.includes(expression), `found at ${found.join(', ') || 'no place'}`);
  });

const legal: readonly (readonly [string, object])[] = [
  ['base64 with line breaks', { resourceType: 'Binary', contentType: 'text/plain', data: 'SGVs\nbG8=\n' }],
  [
    'a null with its extension beside it',
    {
      ...patient,
      name: [
        {
          given: ['Ada', null],
          _given: [null, { extension: [{ url: 'http://example.org/x', valueCode: 'unknown' }] }],
        },
      ],
    },
  ],
  [
    'a period of one day, its end less precise',
    { ...patient, name: [{ family: 'X', period: { start: '2026-01-05', end: '2026-01' } }] },
  ],
  ['a reference that only says who is meant', { ...observation, subject: { display: 'a patient of another trust' } }],
  [
    'a reference to an address that is no FHIR one',
    { ...observation, subject: { reference: 'urn:uuid:5a6b0b1e-5f9c-4c53-9c0b-aaaaaaaaaaaa' } },
  ],
  [
    'an identifier of another system',
    { ...patient, identifier: [{ system: 'https://example.org', value: '1111111111' }] },
  ],
  [
    'a contained resource that refers to its container',
    {
      ...observation,
      contained: [
        {
          resourceType: 'Provenance',
          id: 'p',
          target: [{ reference: '#' }],
          recorded: '2026-01-01T00:00:00Z',
          agent: [{ who: { display: 'x' } }],
        },
      ],
    },
  ],
];
for (const [what, resource] of legal)
  test(`${what} is accepted`, async () => assert.deepEqual(await problemsOf(resource), []));

test('a fault is told by place and rule, never by value', async () => {
  const planted = { ...patient, gender: 'Planted', birthDate: 'Planted', 'Planted Name': 1, name: 'Planted' };
  const problems = await problemsOf(planted);
  assert.ok(problems.length >= 4);
  assert.doesNotMatch(JSON.stringify(problems), /Planted/);
  assert.match(
    problems.find(({ expression }) => expression === 'Patient.gender')?.detail ?? '',
    /male, female, other, unknown/,
  );
});

test('what is no resource of the type that the address names is refused before anything else', async () => {
  const refused = (code: string) => (error: unknown) => error instanceof WardlineError && error.code === code;
  await assert.rejects(validateResource([]), refused('invalid-body'));
  await assert.rejects(validateResource({ resourceType: 'Ward' }), refused('invalid-body'));
  await assert.rejects(validateResource({ resourceType: 'constructor' }), refused('invalid-body'));
  await assert.rejects(validateResource(patient, 'Observation'), refused('invalid-body'));
});

test('shapes that are no FHIR JSON are refused, not failed', async () => {
  for (const odd of [1, 'a', true, [], {}, [[]], [null], [[{ a: 1 }]], { resourceType: 'Patient' }])
    for (const name of [
      'name',
      '_birthDate',
      'contact',
      'extension',
      'text',
      'meta',
      'contained',
      'deceasedBoolean',
      'id',
    ])
      assert.ok(
        (await problemsOf({ ...patient, [name]: odd })).length > 0 ||
          (name === 'deceasedBoolean' && odd === true) ||
          (name === 'id' && odd === 'a'),
        `${name} ${JSON.stringify(odd)}`,
      );
});
