import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from '../../../demo/random.ts';
import { WardlineError } from '../../errors.ts';
import {
  type FhirResource,
  matches,
  narrowing,
  parametersOf,
  parseSearch,
  resourceTypes,
  searchEntries,
} from '../index.ts';

const hostile = [
  '',
  ' ',
  '\u0000',
  '\\',
  ',',
  '$',
  '|',
  '||',
  '|||||',
  ':',
  '%',
  "' OR 1=1 --",
  '*/*',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  '(a+)+$',
  '{"$gt":""}',
  'NaN',
  'Infinity',
  '-0',
  '1e999',
  '9'.repeat(400),
  'ge',
  'eq0000-00-00',
  '2026-02-30',
  '2026-13',
  '9999-12-31T23:59:59.999+14:00',
  'T',
  'Patient/',
  'Patient/a/b/c',
  'http://',
  'urn:uuid:',
  '\ud800',
  '\u202e',
  'a'.repeat(5000),
  `${'a,'.repeat(400)}a`,
  '\\,\\,\\',
];
const modifiers = [
  '',
  ':missing',
  ':not',
  ':exact',
  ':contains',
  ':text',
  ':of-type',
  ':identifier',
  ':above',
  ':below',
  ':in',
  ':Patient',
  ':x',
  '::',
  ':missing:not',
];
const controls = [
  '_include',
  '_revinclude',
  '_include:iterate',
  '_has',
  '_has:Patient',
  '_sort',
  '_count',
  '_elements',
  '_summary',
  '_total',
  '_list',
  '_at',
  '_type',
  '_',
  '',
  '.',
  '..',
  'a.b.c.d.e.f',
];
const resource: FhirResource = {
  resourceType: 'Observation',
  id: 'o',
  code: { coding: [{ code: 'x' }] },
  valueQuantity: { value: 1, code: 'mg', system: 'http://unitsofmeasure.org' },
  effectiveDateTime: '2026-11-24',
  subject: { reference: 'Patient/1' },
};

test('whatever stands in a search, it is read or refused by name, and never repeated', () => {
  const random = randomFrom(7);
  const entries = searchEntries(resource);
  let refused = 0;
  for (let round = 0; round < 6000; round++) {
    const type = random.below(3) === 0 ? random.pick(resourceTypes) : 'Observation';
    const code =
      random.below(5) === 0 ? random.pick([...controls, ...hostile]) : random.pick([...parametersOf(type).keys()]);
    const name = `${code}${random.pick(modifiers)}${random.below(8) === 0 ? `.${random.pick(['name', '_id', '', '__proto__', '_has:Observation:subject:code'])}` : ''}`;
    const value = `${random.below(4) === 0 ? 'Planted' : ''}${random.pick(hostile)}${random.below(3) === 0 ? random.pick(hostile) : ''}`;
    try {
      const query = parseSearch(type, new URLSearchParams([[name, value]]), { now: new Date('2026-11-25') });
      narrowing(query);
      if (type === 'Observation') matches(query, resource, entries);
    } catch (error) {
      assert.ok(error instanceof WardlineError, `${type}?${name}=${value}: ${error}`);
      assert.ok(error.status < 500 || error.code === 'not-supported', error.code);
      assert.doesNotMatch(JSON.stringify([error.message, error.problems]), /Planted|passwd|OR 1=1/);
      refused += 1;
    }
  }
  assert.ok(refused > 1000);
});
