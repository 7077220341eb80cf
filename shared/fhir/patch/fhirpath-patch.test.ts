import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FhirResource } from '../index.ts';
import { fhirpathPatch } from './fhirpath-patch.ts';
import { jsonPatch } from './json-patch.ts';

type Part = { name: string; [key: string]: unknown };
const operation = (type: string, path: string, ...rest: Part[]): object => ({
  name: 'operation',
  part: [{ name: 'type', valueCode: type }, { name: 'path', valueString: path }, ...rest],
});
const patch = (resource: object, ...parameter: object[]): unknown =>
  fhirpathPatch({ resourceType: 'Patient', ...resource } as FhirResource, { resourceType: 'Parameters', parameter });
const named = (name: string): Part => ({ name: 'name', valueString: name });
const is = (resource: object): object => ({ resourceType: 'Patient', ...resource });

test('each kind of FHIRPath Patch operation does what it says', () => {
  const date = { name: 'value', valueDate: '1930-01-01' };
  assert.deepEqual(patch({}, operation('add', 'Patient', named('birthDate'), date)), is({ birthDate: '1930-01-01' }));
  assert.deepEqual(
    patch({ birthDate: '1920-01-01' }, operation('replace', 'Patient.birthDate', date)),
    is({ birthDate: '1930-01-01' }),
  );
  assert.deepEqual(
    patch({ birthDate: '1920-01-01', active: true }, operation('delete', 'Patient.birthDate')),
    is({ active: true }),
  );
  assert.deepEqual(patch({ active: true }, operation('delete', 'Patient.birthDate')), is({ active: true }));
  const identifier = ['a', 'b', 'c'].map((value) => ({ value }));
  const order = (resource: unknown): string =>
    (resource as { identifier: { value: string }[] }).identifier.map(({ value }) => value).join('');
  const inserted = (index: number) =>
    patch(
      { identifier: structuredClone(identifier) },
      operation(
        'insert',
        'Patient.identifier',
        { name: 'index', valueInteger: index },
        { name: 'value', valueIdentifier: { value: 'x' } },
      ),
    );
  assert.equal(order(inserted(0)), 'xabc');
  assert.equal(order(inserted(3)), 'abcx');
  const moved = (source: number, destination: number) =>
    patch(
      { identifier: structuredClone(identifier) },
      operation(
        'move',
        'Patient.identifier',
        { name: 'source', valueInteger: source },
        { name: 'destination', valueInteger: destination },
      ),
    );
  assert.equal(order(moved(2, 0)), 'cab');
  assert.equal(order(moved(0, 2)), 'bca');
});

test('lists grow by what is added, and are deleted and replaced item by item', () => {
  const given = { name: [{ given: ['x', 'y'], family: 'f' }] };
  const add = operation('add', 'Patient.name[0]', named('given'), { name: 'value', valueString: 'z' });
  assert.deepEqual(patch(given, add), is({ name: [{ given: ['x', 'y', 'z'], family: 'f' }] }));
  assert.deepEqual(
    patch(given, operation('delete', 'Patient.name.given[0]')),
    is({ name: [{ given: ['y'], family: 'f' }] }),
  );
  assert.deepEqual(
    patch(given, operation('replace', 'Patient.name.given[1]', { name: 'value', valueString: 'w' })),
    is({ name: [{ given: ['x', 'w'], family: 'f' }] }),
  );
  assert.deepEqual(
    patch(
      { contact: [{ gender: 'male' }, { gender: 'female' }] },
      operation('delete', "Patient.contact.where(gender = 'male')"),
    ),
    is({ contact: [{ gender: 'female' }] }),
  );
  const contact: Part = {
    name: 'value',
    part: [
      { name: 'name', valueHumanName: { text: 'a name' } },
      { name: 'gender', valueCode: 'other' },
    ],
  };
  assert.deepEqual(
    patch({}, operation('add', 'Patient', named('contact'), contact)),
    is({ contact: [{ name: { text: 'a name' }, gender: 'other' }] }),
  );
});

test('an element of several types takes the name of the type that it is given', () => {
  const yes = { name: 'value', valueBoolean: true };
  assert.deepEqual(patch({}, operation('add', 'Patient', named('deceased'), yes)), is({ deceasedBoolean: true }));
  assert.deepEqual(
    patch({ deceasedDateTime: '2026' }, operation('replace', 'Patient.deceased', yes)),
    is({ deceasedBoolean: true }),
  );
  assert.throws(() => patch({ deceasedDateTime: '2026' }, operation('add', 'Patient', named('deceased'), yes)), {
    code: 'business-rule',
  });
});

test('operations follow one another, and a failing one leaves the resource as it was', () => {
  const resource = { resourceType: 'Patient', active: true } as FhirResource;
  const add = operation('add', 'Patient', named('name'), { name: 'value', valueHumanName: { family: 'a' } });
  const further = operation('replace', 'Patient.name[0].family', { name: 'value', valueString: 'b' });
  assert.deepEqual(patch({}, add, further), is({ name: [{ family: 'b' }] }));
  const bad = operation('replace', 'Patient.birthDate', { name: 'value', valueDate: '1930' });
  assert.throws(() => fhirpathPatch(resource, { resourceType: 'Parameters', parameter: [add, bad] }), {
    code: 'business-rule',
    problems: [
      {
        code: 'business-rule',
        detail: 'replace takes a path to exactly one element.',
        expression: 'Parameters.parameter[1]',
      },
    ],
  });
  assert.deepEqual(resource, { resourceType: 'Patient', active: true });
});

test('what is no FHIRPath Patch is told by operation', () => {
  const refused = (...parameter: object[]) =>
    assert.throws(
      () => patch({ name: [{ given: ['a'] }, { given: ['b'] }] }, ...parameter),
      /operation|parameter|type|path|needs|element|list|index|whole|FHIRPath/,
    );
  refused();
  refused({ name: 'other' });
  refused(operation('erase', 'Patient.name'));
  refused(operation('delete', 'Patient.name'));
  refused(operation('delete', 'Patient.('));
  refused(operation('delete', 'Patient.name.count()'));
  refused(operation('replace', 'Patient', { name: 'value', valueString: 'x' }));
  refused(operation('replace', 'Patient.name', { name: 'value', valueString: 'x' }));
  refused(
    operation('insert', 'Patient.name', { name: 'index', valueInteger: 3 }, { name: 'value', valueHumanName: {} }),
  );
  refused(
    operation('insert', 'Patient.name', { name: 'index', valueInteger: -1 }, { name: 'value', valueHumanName: {} }),
  );
  refused(operation('move', 'Patient.name', { name: 'source', valueInteger: 0 }));
  refused(operation('add', 'Patient.name', named('family'), { name: 'value', valueString: 'x' }));
  assert.throws(() => fhirpathPatch({ resourceType: 'Patient' }, { resourceType: 'Patient' }), {
    code: 'invalid-body',
  });
});

test('a JSON Patch applies as RFC 6902 says, all of it or nothing', () => {
  const resource = { resourceType: 'Patient', name: [{ given: ['a', 'b'] }], 'a/b': 1 } as unknown as FhirResource;
  const result = (...operations: object[]) => jsonPatch(resource, operations);
  assert.deepEqual(result({ op: 'add', path: '/name/0/given/1', value: 'x' })['name'], [{ given: ['a', 'x', 'b'] }]);
  assert.deepEqual(result({ op: 'add', path: '/name/0/given/-', value: 'x' })['name'], [{ given: ['a', 'b', 'x'] }]);
  assert.deepEqual(result({ op: 'remove', path: '/name/0/given/0' })['name'], [{ given: ['b'] }]);
  assert.deepEqual(result({ op: 'replace', path: '/a~1b', value: 2 })['a/b'], 2);
  assert.deepEqual(result({ op: 'move', from: '/name/0/given/0', path: '/name/0/given/1' })['name'], [
    { given: ['b', 'a'] },
  ]);
  assert.deepEqual(
    result({ op: 'copy', from: '/name/0', path: '/name/1' }, { op: 'add', path: '/name/1/family', value: 'f' })['name'],
    [{ given: ['a', 'b'] }, { given: ['a', 'b'], family: 'f' }],
  );
  assert.doesNotThrow(() => result({ op: 'test', path: '/name/0', value: { given: ['a', 'b'] } }));
  for (const operation of [
    { op: 'test', path: '/name/0', value: { given: ['b', 'a'] } },
    { op: 'remove', path: '/birthDate' },
    { op: 'replace', path: '/birthDate', value: '1930' },
    { op: 'add', path: '/contact/0/name', value: {} },
    { op: 'add', path: '/name/5', value: {} },
  ])
    assert.throws(() => result(operation), { code: 'business-rule' }, JSON.stringify(operation));
  for (const operation of [
    {},
    null,
    { op: 'add', path: 'name', value: 1 },
    { op: 'add', path: '/name' },
    { op: 'erase', path: '/name' },
    { op: 'toString', path: '/name' },
    { op: 'move', path: '/name' },
    { op: 'add', path: '/__proto__/polluted', value: 1 },
    { op: 'add', path: '/constructor/prototype/polluted', value: 1 },
  ])
    assert.throws(() => result(operation as object), { code: 'invalid-body' }, JSON.stringify(operation));
  assert.throws(() => jsonPatch(resource, {}), { code: 'invalid-body' });
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});
