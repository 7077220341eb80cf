import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingPatients } from './missing-patients.ts';

const of = (...resources: object[]) =>
  missingPatients(resources.map((resource) => ({ file: 'x.json', resource: resource as { resourceType: string } })));

test('a patient who is named and not held is missing, once', () => {
  assert.deepEqual(
    of(
      { resourceType: 'Patient', id: 'held' },
      { resourceType: 'Observation', subject: { reference: 'Patient/held' }, performer: [{ reference: 'Patient/b' }] },
      {
        resourceType: 'Goal',
        subject: { reference: 'Patient/b' },
        contained: [{ subject: { reference: 'Patient/a' } }],
      },
    ),
    ['a', 'b'],
  );
});

test('absolute, logical and urn references name nobody who could be made', () => {
  const references = [
    'http://example.org/fhir/Patient/1',
    'urn:uuid:0',
    '#p',
    'Practitioner/p',
    'Patient/1/_history/1',
  ];
  assert.deepEqual(of(...references.map((reference) => ({ resourceType: 'Basic', subject: { reference } }))), []);
});
