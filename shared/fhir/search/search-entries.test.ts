import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexDates, indexTerms, parametersOf, resourceTypes, searchEntries } from '../index.ts';

const entriesOf = (resource: { resourceType: string; [name: string]: unknown }, p: string) =>
  searchEntries(resource).filter((entry) => entry.p === p);

test('the parameters of all types compile', () => {
  for (const resourceType of resourceTypes)
    assert.deepEqual(
      searchEntries({ resourceType }).filter((entry) => !('code' in entry && entry.code === 'false')),
      [],
    );
});

test('a patient is found by identifier, parts of the name, birth date and address', () => {
  const patient = {
    resourceType: 'Patient',
    identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' }],
    name: [{ family: "O'Neill", given: ['Zoë', 'Ann'] }],
    birthDate: '1950-02',
    address: [{ postalCode: 'LS9 7TF' }],
    managingOrganization: { reference: 'https://example.org/fhir/Organization/RR8/_history/2' },
  };
  const entries = searchEntries(patient);
  const values = (p: string) =>
    entries.filter((entry) => entry.p === p).map((entry) => ('value' in entry ? entry.value : entry));
  assert.deepEqual(values('family'), ["O'Neill"]);
  assert.deepEqual(values('given'), ['Zoë', 'Ann']);
  assert.deepEqual(values('name'), ["O'Neill", 'Zoë', 'Ann']);
  assert.deepEqual(values('address-postalcode'), ['LS9 7TF']);
  assert.deepEqual(entriesOf(patient, 'organization'), [
    { p: 'organization', kind: 'reference', target: 'Organization/RR8', version: '2' },
  ]);
  const terms = indexTerms('Patient', entries);
  for (const term of [
    'identifier|https://fhir.nhs.uk/Id/nhs-number|9990000018',
    'identifier|*|9990000018',
    'given|zoe',
    'birthdate|1950',
    'birthdate|1950-02',
  ])
    assert.ok(terms.includes(`Patient|${term}`), term);
});

test('a birth date is never a plain number of the index', () => {
  assert.deepEqual(
    indexDates(searchEntries({ resourceType: 'Patient', birthDate: '1950-02-03', deceasedDateTime: '2026-01-01' })),
    [],
  );
});

test('a reference counts for a patient parameter only if it is one', () => {
  const about = (reference: string) =>
    entriesOf({ resourceType: 'Observation', subject: { reference } }, 'patient').length;
  assert.equal(about('Patient/1'), 1);
  assert.equal(about('https://example.org/fhir/Patient/1'), 1);
  assert.equal(about('Group/1'), 0);
  assert.equal(about('OutPatient/1'), 0);
});

test('periods with an open end stretch as far as dates go', () => {
  const [entry] = entriesOf({ resourceType: 'Encounter', period: { start: '2026-01-01' } }, 'date');
  assert.ok(entry?.kind === 'date');
  assert.equal(entry.from, Date.parse('2026-01-01'));
  assert.equal(entry.to, 8.64e15);
});

test('labels and profiles of a resource are entries, its id and time are not', () => {
  const codes = new Set(
    searchEntries({
      resourceType: 'Observation',
      id: 'a',
      meta: { lastUpdated: '2026-01-01T00:00:00Z', profile: ['https://example.org/p'], tag: [{ code: 't' }] },
    }).map(({ p }) => p),
  );
  assert.deepEqual([...codes].sort(), ['_profile', '_tag']);
});

test('a comparator opens an end of a quantity', () => {
  assert.deepEqual(
    entriesOf(
      { resourceType: 'Observation', valueQuantity: { value: 7, code: 'mmol/L', comparator: '<' } },
      'value-quantity',
    ),
    [{ p: 'value-quantity', kind: 'quantity', low: -Number.MAX_VALUE, high: 7, code: 'mmol/L' }],
  );
});

test('a parameter that belongs to several types keeps the part of the one', () => {
  assert.deepEqual(parametersOf('Condition').get('patient')?.targets, ['Patient']);
  assert.deepEqual(parametersOf('Encounter').get('location')?.targets, ['Location']);
  assert.equal(parametersOf('constructor').has('patient'), false);
});
