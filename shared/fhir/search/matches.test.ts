import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FhirResource, matches, parseSearch, searchEntries } from '../index.ts';

const now = new Date('2026-11-25T00:00:00Z');
const finds = (query: string, resource: FhirResource): boolean =>
  matches(
    parseSearch(resource.resourceType, new URLSearchParams(query.replaceAll('+', '%2B')), { now }),
    resource,
    searchEntries(resource),
  );
const told = (resource: FhirResource, table: Readonly<Record<string, boolean>>): void => {
  for (const [query, expected] of Object.entries(table))
    assert.equal(finds(query, resource), expected, `${resource.resourceType}?${query}`);
};
const at = (effective: object): FhirResource => ({ resourceType: 'Observation', id: 'o', ...effective });

test('every prefix decides at the ends of a day as http://hl7.org/fhir/R4/search.html#prefix says', () => {
  const day = (effectiveDateTime: string) => at({ effectiveDateTime });
  told(day('2026-11-24'), {
    'date=2026-11-24': true,
    'date=eq2026-11-24': true,
    'date=2026-11': true,
    'date=2026': true,
    // The asked hour does not hold the whole day.
    'date=2026-11-24T10:00Z': false,
    'date=ne2026-11-24': false,
    'date=ne2026-11-24T10:00Z': true,
    'date=gt2026-11-23': true,
    'date=gt2026-11-24': false,
    'date=gt2026-11-24T10:00Z': true,
    'date=lt2026-11-25': true,
    'date=lt2026-11-24': false,
    'date=lt2026-11-24T10:00Z': true,
    'date=ge2026-11-24': true,
    'date=ge2026-11-25': false,
    'date=le2026-11-24': true,
    'date=le2026-11-23': false,
    'date=sa2026-11-23': true,
    'date=sa2026-11-24': false,
    'date=eb2026-11-25': true,
    'date=eb2026-11-24': false,
  });
  told(day('2026-11-24T23:59:59.999Z'), {
    'date=2026-11-24': true,
    'date=2026-11-25': false,
    'date=gt2026-11-24': false,
    'date=sa2026-11-24': false,
    'date=le2026-11-24': true,
    'date=2026-11-24T23:59:59.999Z': true,
    'date=2026-11-24T23:59:59Z': true,
    'date=2026-11-24T23:59Z': true,
    'date=2026-11-24T23:59:59.998Z': false,
  });
  told(day('2026-11-25T00:00:00.000Z'), {
    'date=2026-11-24': false,
    'date=gt2026-11-24': true,
    'date=sa2026-11-24': true,
    'date=ge2026-11-25': true,
    'date=eb2026-11-25': false,
  });
});

test('zones count, the hour that summer time takes away and gives back too', () => {
  told(at({ effectiveDateTime: '2026-11-24T00:30:00+01:00' }), {
    'date=2026-11-23': true,
    'date=2026-11-24': false,
    'date=2026-11-23T23:30:00Z': true,
    'date=2026-11-24T00:30:00+01:00': true,
    'date=2026-11-23T18:30:00-05:00': true,
  });
  // In the night of 25 October 2026 01:30 comes twice in London.
  const first = at({ effectiveDateTime: '2026-10-25T01:30:00+01:00' });
  const second = at({ effectiveDateTime: '2026-10-25T01:30:00+00:00' });
  told(first, {
    'date=2026-10-25T01:30:00+01:00': true,
    'date=2026-10-25T01:30:00Z': false,
    'date=lt2026-10-25T01:00Z': true,
  });
  told(second, {
    'date=2026-10-25T01:30:00+01:00': false,
    'date=2026-10-25T01:30:00Z': true,
    'date=ge2026-10-25T01:00Z': true,
  });
});

test('months and leap years have their length', () => {
  told(at({ effectiveDateTime: '2024-02-29T23:59:59Z' }), {
    'date=2024-02': true,
    'date=2024-02-29': true,
    'date=2024-03': false,
  });
  told(at({ effectiveDateTime: '2026-12-31T23:59:59Z' }), {
    'date=2026-12': true,
    'date=2026': true,
    'date=2027': false,
  });
});

test('periods are held, overlapped or beyond', () => {
  const week = at({ effectivePeriod: { start: '2026-11-10', end: '2026-11-16' } });
  told(week, {
    'date=2026-11': true,
    'date=2026-11-12': false,
    'date=ne2026-11-12': true,
    'date=gt2026-11-12': true,
    'date=lt2026-11-12': true,
    'date=ge2026-11-17': false,
    'date=le2026-11-09': false,
    // Neither reaches it beyond the asked week nor does that hold it all.
    'date=ge2026-11-16': false,
    'date=sa2026-11-09': true,
    'date=eb2026-11-17': true,
  });
  const open = at({ effectivePeriod: { start: '2026-11-10' } });
  told(open, { 'date=gt2030': true, 'date=eb2030': false, 'date=sa2026-11-09': true, 'date=2026-11': false });
});

test('ap is a tenth of the gap to now, both ways', () => {
  // 20 days before: 2 days up and down.
  told(at({ effectiveDateTime: '2026-11-06T12:00:00Z' }), { 'date=ap2026-11-05': true });
  told(at({ effectiveDateTime: '2026-11-08T12:00:00Z' }), { 'date=ap2026-11-05': false });
  assert.throws(() => parseSearch('Observation', new URLSearchParams('date=ap2026')), { code: 'invalid-parameter' });
});

const risk = (probabilityDecimal: number): FhirResource => ({
  resourceType: 'RiskAssessment',
  prediction: [{ probabilityDecimal }],
});

test('a number stands for what its digits leave open, unless a prefix takes it as exact', () => {
  told(risk(100), {
    'probability=100': true,
    'probability=1e2': true,
    'probability=100.00': true,
    'probability=99': false,
  });
  told(risk(99.5), { 'probability=100': true, 'probability=100.0': false, 'probability=ge100': false });
  told(risk(100.5), { 'probability=100': false, 'probability=101': true, 'probability=gt100': true });
  told(risk(95), { 'probability=1e2': true, 'probability=100': false });
  told(risk(105), { 'probability=1e2': false, 'probability=ap100': true });
  told(risk(0.35), {
    'probability=0.35': true,
    'probability=0.350': true,
    'probability=0.3': false,
    'probability=0.4': true,
  });
  told(risk(7), {
    'probability=ne7': false,
    'probability=ne8': true,
    'probability=lt7': false,
    'probability=le7': true,
  });
  told(risk(7), {
    'probability=ge7': true,
    'probability=sa6.9': true,
    'probability=eb7': false,
    'probability=eb7.1': true,
  });
  told(risk(110), { 'probability=ap100': true });
  told(risk(111), { 'probability=ap100': false });
});

const mass = (value: number, code: string, more: object = {}): FhirResource =>
  at({ valueQuantity: { value, code, system: 'http://unitsofmeasure.org', unit: code, ...more } });

test('quantities compare across units that measure the same, and no others', () => {
  told(mass(5.4, 'mg'), {
    'value-quantity=5.4': true,
    'value-quantity=5.4|http://unitsofmeasure.org|mg': true,
    'value-quantity=5.4||mg': true,
    'value-quantity=0.0054|http://unitsofmeasure.org|g': true,
    'value-quantity=5400|http://unitsofmeasure.org|ug': true,
    'value-quantity=gt0.005||g': true,
    'value-quantity=gt0.0054||g': false,
    'value-quantity=5.4|http://unitsofmeasure.org|mmol': false,
    'value-quantity=5.4|http://example.org|mg': false,
    'value-quantity=5.4||stone': false,
    'value-quantity=5.41': false,
  });
  told(mass(37, 'Cel'), { 'value-quantity=98.6||[degF]': true, 'value-quantity=lt98||[degF]': false });
  told(at({ valueQuantity: { value: 2, unit: 'tablets' } }), {
    'value-quantity=2||tablets': true,
    'value-quantity=2||mg': false,
  });
});

test('a comparator says that the value is somewhere beyond', () => {
  told(mass(5, 'mg', { comparator: '<' }), {
    'value-quantity=lt4': true,
    'value-quantity=gt6': false,
    'value-quantity=5': false,
  });
  told(mass(5, 'mg', { comparator: '>=' }), { 'value-quantity=gt1000': true, 'value-quantity=lt5': false });
});

const pressure: FhirResource = {
  resourceType: 'Observation',
  code: { coding: [{ system: 'http://loinc.org', code: '85354-9' }] },
  component: [
    { code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] }, valueQuantity: { value: 107 } },
    { code: { coding: [{ system: 'http://loinc.org', code: '8462-4' }] }, valueQuantity: { value: 60 } },
  ],
};

test('the parts of a composite hold of the same element', () => {
  told(pressure, {
    'component-code-value-quantity=http://loinc.org|8480-6$107': true,
    'component-code-value-quantity=8480-6$gt100': true,
    'component-code-value-quantity=8480-6$60': false,
    'component-code-value-quantity=8462-4$60': true,
    'component-code-value-quantity=1$1,8462-4$60': true,
    'combo-code-value-quantity=8462-4$lt61': true,
    'code-value-quantity=85354-9$107': false,
  });
  told(mass(7, 'mg'), { 'combo-code-value-quantity=x$7': false });
  told(
    {
      resourceType: 'MolecularSequence',
      referenceSeq: { chromosome: { coding: [{ code: '1' }] } },
      variant: [{ start: 5, end: 9 }],
    },
    { 'chromosome-variant-coordinate=1$ge5$le9': true, 'chromosome-variant-coordinate=2$ge5$le9': false },
  );
  told(
    {
      resourceType: 'DocumentReference',
      relatesTo: [{ code: 'replaces', target: { reference: 'DocumentReference/1' } }],
    },
    { 'relationship=replaces$DocumentReference/1': true, 'relationship=appends$DocumentReference/1': false },
  );
});

test('addresses are found above and below by whole segments', () => {
  const url = 'http://acme.org/fhir/ValueSet/123';
  told(
    { resourceType: 'ValueSet', url },
    {
      [`url=${url}`]: true,
      'url=http://acme.org/fhir/ValueSet/12': false,
      'url:below=http://acme.org/fhir': true,
      'url:below=http://acme.org/fhir/': true,
      'url:below=http://acme.org/fh': false,
      [`url:above=${url}/_history/5`]: true,
      [`url:above=${url}4`]: false,
    },
  );
  told(
    { resourceType: 'ValueSet', url: 'urn:oid:1.2.3' },
    { 'url:below=urn:oid:1.2': true, 'url:below=urn:oid:1': true, 'url:below=urn:oid:1.2.30': false },
  );
});

test('tokens are found by their text, by the type of an identifier, and not at all where they should not', () => {
  const condition: FhirResource = {
    resourceType: 'Condition',
    code: { coding: [{ code: '39065001', display: 'Burn of ear' }], text: 'Scalded éar' },
  };
  told(condition, {
    'code:text=burn': true,
    'code:text=EAR': true,
    'code:text=urn': false,
    'code:not=1': true,
    'code:not=39065001': false,
  });
  told(
    { resourceType: 'Condition', code: { text: 'Only words' } },
    { 'code:missing=false': true, 'code:text=only': true, 'code=Only': false },
  );
  const patient: FhirResource = {
    resourceType: 'Patient',
    identifier: [
      { value: '446053', type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] } },
    ],
    telecom: [{ system: 'phone', use: 'home', value: '0113' }],
  };
  told(patient, {
    'identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|446053': true,
    'identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|SS|446053': false,
    'telecom=home|0113': true,
    'telecom=work|0113': false,
    'phone=0113': true,
    'email=0113': false,
  });
});

test('references are found by version, by identifier and as canonicals', () => {
  told(at({ subject: { reference: 'Patient/1/_history/2' } }), {
    'subject=Patient/1': true,
    'subject=Patient/1/_history/2': true,
    'subject=Patient/1/_history/3': false,
  });
  told(at({ subject: { identifier: { system: 'urn:x', value: '7' } } }), {
    'subject:identifier=urn:x|7': true,
    'subject:identifier=7': true,
    'subject:identifier=urn:y|7': false,
    'subject:missing=false': true,
    'subject=7': false,
  });
  told(
    { resourceType: 'QuestionnaireResponse', questionnaire: 'http://x/Questionnaire/n|2' },
    {
      'questionnaire=http://x/Questionnaire/n': true,
      'questionnaire=http://x/Questionnaire/n|2': true,
      'questionnaire=http://x/Questionnaire/m': false,
    },
  );
});

test('places are found within a distance', () => {
  told(
    { resourceType: 'Location', position: { latitude: 53.8061, longitude: -1.5208 } },
    {
      'near=53.8008|-1.5491|3|km': true,
      'near=53.8008|-1.5491|1|km': false,
      'near=53.8008|-1.5491|3000|m': true,
      'near=51.5|-0.12': false,
    },
  );
});

test('a comma, a dollar and a bar of a value are written with a backslash, and so is a backslash', () => {
  const named = (name: string): FhirResource => ({ resourceType: 'Location', name });
  told(named('a,b'), { 'name=a\\,b': true, 'name=a,c': true, 'name=b\\,c': false });
  told(named('a\\'), { 'name:exact=a\\\\': true, 'name:exact=x,a\\\\': true });
});
