import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type { FhirResource } from '../index.ts';
import { fhirpathPatch } from './fhirpath-patch.ts';
import { jsonPatch } from './json-patch.ts';

const require = createRequire(import.meta.url);

interface JsonPatchCase {
  readonly comment?: string;
  readonly doc: unknown;
  readonly patch: readonly Record<string, unknown>[];
  readonly expected?: unknown;
  readonly error?: string;
  readonly disabled?: boolean;
}

/** The published cases patch any JSON; a resource is an object, so each document stands below one. */
const below = ({ path, from, ...rest }: Record<string, unknown>): object => ({
  ...rest,
  ...(path === undefined ? {} : { path: typeof path === 'string' && /^(\/|$)/.test(path) ? `/doc${path}` : path }),
  ...(from === undefined ? {} : { from: typeof from === 'string' && /^(\/|$)/.test(from) ? `/doc${from}` : from }),
});

for (const file of ['spec_tests', 'tests'])
  test(`the published cases of JSON Patch (${file}) come out as they should`, () => {
    const cases: JsonPatchCase[] = require(`json-patch-test-suite/${file}.json`);
    let run = 0;
    for (const { comment = '', doc, patch, expected, error, disabled } of cases) {
      // An empty patch is refused here: whoever sends one has made a mistake.
      if (disabled || patch.length === 0) continue;
      const name = `${comment} ${JSON.stringify(patch)}`;
      const apply = () => jsonPatch({ resourceType: 'Basic', doc } as unknown as FhirResource, patch.map(below));
      run += 1;
      if (error !== undefined) assert.throws(apply, { name: 'WardlineError' }, name);
      else if (expected !== undefined) assert.deepEqual(apply()['doc'], expected, name);
      else assert.doesNotThrow(apply, name);
    }
    assert.ok(run >= 15, `${run} cases`);
  });

type Operation = readonly [
  type: string,
  path: string,
  parts?: Readonly<Record<string, unknown>>,
  anonymous?: readonly object[],
];

const operation = ([type, path, parts = {}, anonymous]: Operation): object => ({
  name: 'operation',
  part: [
    { name: 'type', valueCode: type },
    { name: 'path', valueString: path },
    ...Object.entries(parts).map(([name, value]) => ({
      name: name.replace(/:.*/, ''),
      [name.replace(/.*:/, '')]: value,
    })),
    ...(anonymous === undefined ? [] : [{ name: 'value', part: anonymous }]),
  ],
});

const list = (...values: number[]): object => ({
  identifier: values.map((value) => ({ system: 'http://example.org', value: `value ${value}` })),
});
const value3 = { 'value:valueIdentifier': { system: 'http://example.org', value: 'value 3' } };
const move = (source: number, destination: number): Operation => [
  'move',
  'Patient.identifier',
  { 'source:valueInteger': source, 'destination:valueInteger': destination },
];
const insert = (index: number): Operation => [
  'insert',
  'Patient.identifier',
  { 'index:valueInteger': index, ...value3 },
];
const named = (name: string) => ({ 'name:valueString': name });
const birthDate = { 'value:valueDate': '1930-01-01' };
const contact = { contact: [{ name: { text: 'a name' }, gender: 'male' }] };

/** The cases of HL7's test suite for FHIRPath Patch (r4/patch/fhir-path-tests), by their names there. */
const fhirpathCases: readonly [name: string, before: object, operations: readonly Operation[], after: object][] = [
  [
    'Replace Primitive',
    { birthDate: '1920-01-01' },
    [['replace', 'Patient.birthDate', birthDate]],
    { birthDate: '1930-01-01' },
  ],
  ['Delete Primitive', { birthDate: '1920-01-01' }, [['delete', 'Patient.birthDate']], {}],
  ['Add Primitive', {}, [['add', 'Patient', { ...named('birthDate'), ...birthDate }]], { birthDate: '1930-01-01' }],
  ['Delete Primitive #2', { birthDate: '1920-01-01' }, [['delete', 'Patient.birthDate']], {}],
  [
    'Replace Nested Primitive #1',
    contact,
    [['replace', 'Patient.contact[0].gender', { 'value:valueCode': 'female' }]],
    { contact: [{ name: { text: 'a name' }, gender: 'female' }] },
  ],
  [
    'Replace Nested Primitive #2',
    contact,
    [['replace', 'Patient.contact[0].name.text', { 'value:valueString': 'the name' }]],
    { contact: [{ name: { text: 'the name' }, gender: 'male' }] },
  ],
  [
    'Delete Nested Primitive #1',
    contact,
    [['delete', 'Patient.contact[0].gender']],
    { contact: [{ name: { text: 'a name' } }] },
  ],
  [
    'Delete Nested Primitive #2',
    contact,
    [['delete', 'Patient.contact[0].name.text']],
    { contact: [{ gender: 'male' }] },
  ],
  [
    'Add Nested Primitive',
    { contact: [{ name: { text: 'a name' } }] },
    [['add', 'Patient.contact[0]', { ...named('gender'), 'value:valueCode': 'male' }]],
    contact,
  ],
  [
    'Add Complex',
    {},
    [['add', 'Patient', { ...named('maritalStatus'), 'value:valueCodeableConcept': { text: 'married' } }]],
    { maritalStatus: { text: 'married' } },
  ],
  [
    'Replace Complex',
    { maritalStatus: { id: '1', text: 'married' } },
    [['replace', 'Patient.maritalStatus', { 'value:valueCodeableConcept': { id: '2', text: 'not married' } }]],
    { maritalStatus: { id: '2', text: 'not married' } },
  ],
  ['Delete Complex', { maritalStatus: { text: 'married' } }, [['delete', 'Patient.maritalStatus']], {}],
  [
    'Add Anonymous Type',
    {},
    [['add', 'Patient', named('contact'), [{ name: 'name', valueHumanName: { text: 'a name' } }]]],
    { contact: [{ name: { text: 'a name' } }] },
  ],
  ['Delete Anonymous Type', { contact: [{ name: { text: 'a name' } }] }, [['delete', 'Patient.contact[0]']], {}],
  [
    'List unchanged, contents changed',
    list(1, 2),
    [
      ['replace', 'Patient.identifier[0].value', { 'value:valueString': 'value 2' }],
      ['replace', 'Patient.identifier[1].value', { 'value:valueString': 'value 1' }],
    ],
    list(2, 1),
  ],
  ['Add to list', list(1, 2), [insert(2)], list(1, 2, 3)],
  ['Insert in list #1', list(1, 2), [insert(1)], list(1, 3, 2)],
  ['Insert in list #2', list(1, 2), [insert(0)], list(3, 1, 2)],
  ['Delete from List #1', list(1, 2, 3), [['delete', 'Patient.identifier[0]']], list(2, 3)],
  ['Delete from List #2', list(1, 2, 3), [['delete', 'Patient.identifier[1]']], list(1, 3)],
  ['Delete from List #3', list(1, 2, 3), [['delete', 'Patient.identifier[2]']], list(1, 2)],
  ['Reorder List #1', list(1, 2, 3, 4), [move(3, 1)], list(1, 4, 2, 3)],
  ['Reorder List #2', list(1, 2, 3, 4), [move(3, 0)], list(4, 1, 2, 3)],
  ['Reorder List #3', list(1, 2, 3, 4), [move(3, 2)], list(1, 2, 4, 3)],
  ['Reorder List #4', list(1, 2, 3, 4), [move(0, 3)], list(2, 3, 4, 1)],
  ['Reorder List #5', list(1, 2, 3, 4), [move(1, 0), move(2, 1)], list(2, 3, 1, 4)],
  ['Reorder List #6', list(1, 2, 3, 4), [move(3, 0), move(3, 1), move(3, 2)], list(4, 3, 2, 1)],
  ['Operation on missing element #2', {}, [['add', 'Patient', { ...named('identifier'), ...value3 }]], list(3)],
  [
    'Full Resource',
    { text: { status: 'generated', div: '<div>Chalmers</div>' }, name: [{ family: 'Chalmers' }, { given: ['Jim'] }] },
    [
      ['replace', 'Patient.text.div', { 'value:valueString': '<div>Chalmers1</div>' }],
      ['replace', 'Patient.name[0].family', { 'value:valueString': 'Chalmers1' }],
    ],
    { text: { status: 'generated', div: '<div>Chalmers1</div>' }, name: [{ family: 'Chalmers1' }, { given: ['Jim'] }] },
  ],
];

for (const [name, before, operations, after] of fhirpathCases)
  test(`the published case of FHIRPath Patch "${name}" comes out as it should`, () => {
    const resource = { resourceType: 'Patient', ...before } as FhirResource;
    const parameters = { resourceType: 'Parameters', parameter: operations.map(operation) };
    assert.deepEqual(fhirpathPatch(resource, parameters), { resourceType: 'Patient', ...after });
  });

test('the published case of FHIRPath Patch "Operation on missing element" is refused', () => {
  const resource = { resourceType: 'Patient', identifier: [{ use: 'official', value: '123' }] } as FhirResource;
  const parameter = [
    operation([
      'add',
      "Patient.identifier.where(use = 'official').period",
      { ...named('end'), 'value:valueDate': '2021-12-01' },
    ]),
  ];
  assert.throws(() => fhirpathPatch(resource, { resourceType: 'Parameters', parameter }), { name: 'WardlineError' });
});
