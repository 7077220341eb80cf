import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WardlineError } from '../../errors.ts';
import { type FhirResource, inOrder, matches, narrowing, parseSearch, searchEntries } from '../index.ts';

const parse = (type: string, query: string) => parseSearch(type, new URLSearchParams(query));
const finds = (query: string, resource: FhirResource): boolean =>
  matches(parse(resource.resourceType, query), resource, searchEntries(resource));
const refused = (type: string, query: string): WardlineError => {
  try {
    parse(type, query);
  } catch (error) {
    if (error instanceof WardlineError) return error;
  }
  return assert.fail(`${type}?${query} was accepted`);
};

const patient: FhirResource = {
  resourceType: 'Patient',
  id: 'p1',
  active: true,
  gender: 'female',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' }, { value: 'A|1' }],
  name: [{ family: 'de la Cruz', given: ['Zoë'] }],
  birthDate: '1950-02-03',
};
const observation: FhirResource = {
  resourceType: 'Observation',
  id: 'o1',
  meta: { lastUpdated: '2026-11-24T10:00:00.500Z' },
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }, { code: 'pulse' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-11-24T09:30:00+01:00',
};

const answers: readonly (readonly [string, FhirResource, boolean])[] = [
  ['identifier=9990000018', patient, true],
  ['identifier=https://fhir.nhs.uk/Id/nhs-number|9990000018', patient, true],
  ['identifier=https://fhir.nhs.uk/Id/nhs-number|', patient, true],
  ['identifier=https://example.org|9990000018', patient, false],
  ['identifier=|9990000018', patient, false],
  ['identifier=|A\\|1', patient, true],
  ['identifier=1,2,9990000018', patient, true],
  ['family=DE LA', patient, true],
  ['family=cruz', patient, true],
  ['family=ruz', patient, false],
  ['family:contains=RUZ', patient, true],
  ['family:exact=de la Cruz', patient, true],
  ['family:exact=de la cruz', patient, false],
  ['given=zoe', patient, true],
  ['name=zoe&name=cruz', patient, true],
  ['name=zoe&name=smith', patient, false],
  ['birthdate=1950', patient, true],
  ['birthdate=1950-02', patient, true],
  ['birthdate=1950-03', patient, false],
  ['birthdate=ge1950-02-03&birthdate=lt1950-02-04', patient, true],
  ['active=true', patient, true],
  ['active:not=true', patient, false],
  ['gender:not=male', patient, true],
  ['gender:missing=false', patient, true],
  ['organization:missing=true', patient, true],
  ['_id=p1', patient, true],
  ['_id=p2,p1', patient, true],
  ['_id=P1', patient, false],
  ['code=8867-4', observation, true],
  ['code=http://loinc.org|8867-4', observation, true],
  ['code=|8867-4', observation, false],
  ['code=|pulse', observation, true],
  ['patient=p1', observation, true],
  ['patient=Patient/p1', observation, true],
  ['subject=p1', observation, true],
  ['subject:Patient=p1', observation, true],
  ['subject:Group=p1', observation, false],
  ['subject=https://example.org/fhir/Patient/p1', observation, true],
  ['date=2026-11-24', observation, true],
  ['date=2026-11-24T08:30:00Z', observation, true],
  ['date=2026-11-24T09:30:00+01:00', observation, true],
  ['date=lt2026-11-24T08:30:00Z', observation, false],
  ['date=le2026-11-24T08:30:00Z', observation, true],
  ['date=gt2026-11-24', observation, false],
  ['date=sa2026-11-23', observation, true],
  ['date=eb2026-11-24', observation, false],
  ['date=ne2026-11-23', observation, true],
  ['_lastUpdated=gt2026-11-24T09:00:00Z', observation, true],
  ['_lastUpdated=lt2026-11-24T09:00:00Z', observation, false],
];
for (const [query, resource, expected] of answers)
  test(`${resource.resourceType}?${query} ${expected ? 'finds it' : 'does not find it'}`, () =>
    assert.equal(finds(query, resource), expected));

test('a plus that a client forgot to escape still is a zone', () =>
  assert.ok(
    finds('date=2026-11-24T09:30:00+01:00', observation) && finds('date=2026-11-24T09:30:00%2B01:00', observation),
  ));

test('a query that names one patient says so', () => {
  assert.equal(parse('Observation', 'patient=p1').patient, 'p1');
  assert.equal(parse('Observation', 'subject=Patient/p1').patient, 'p1');
  assert.equal(parse('Task', 'patient=p1').patient, 'p1');
  assert.equal(parse('Observation', 'patient=p1,p2').patient, undefined);
  assert.equal(parse('Observation', 'subject=Group/p1').patient, undefined);
  assert.equal(parse('Observation', 'code=x').patient, undefined);
});

test('what is not known or not supported is refused by name, with what there is', () => {
  const unknown = refused('Observation', 'colour=red');
  assert.equal(unknown.code, 'invalid-parameter');
  assert.equal(unknown.problems[0]?.expression, 'colour');
  assert.match(unknown.message, /status, /);
  assert.equal(refused('Observation', 'code:above=x').problems[0]?.expression, 'code');
  for (const query of [
    '_include=a',
    '_include=Patient:name',
    '_include=Patient:organization:a:b',
    '_revinclude=*',
    '_revinclude=Observation',
    '_elements=a/b',
    '_summary=some',
    '_summary=true&_elements=id',
    '_summary=text&_include=Patient:organization',
    '_count=-1',
    '_count=x',
    '_sort=colour',
    '_total=maybe',
    '_contained=true',
    '_text=x',
    '_filter=x',
    '_at=tomorrow',
    '_list=a/b/c',
    'birthdate=tomorrow',
    'gender=',
    'identifier=|',
    'identifier:of-type=a|b',
    'gender:missing=x',
    'name.family=x',
    'link.name.family=x',
    'link:Planted.name=x',
    '_has:Planted:patient:code=x',
    '_has:Observation:code=x',
    '_has:Observation:code:code=x',
    'organization.partof.partof.partof.partof.name=x',
  ])
    refused('Patient', query);
  for (const query of ['value-quantity=x', 'code-value-quantity=a', 'code-value-quantity=a$b', 'subject.name=x,'])
    refused('Observation', query);
  for (const query of ['near=1', 'near=91|0', 'near=1|2|3|furlong']) refused('Location', query);
});

test('parameters that nobody knows are passed over only where the caller allows it', () => {
  const query = parseSearch('Patient', new URLSearchParams('colour=red&gender=female'), { lenient: true });
  assert.deepEqual(query.ignored, ['colour']);
  assert.deepEqual(query.names, ['gender']);
  assert.equal(query.criteria.length, 1);
  assert.throws(() => parseSearch('Patient', new URLSearchParams('gender:above=x'), { lenient: true }));
});

test('chains, reverse chains, Lists and ValueSets become links, each with a search of its own', () => {
  const [chain] = parse('Observation', 'patient.general-practitioner:Practitioner.name:exact=Grey').links;
  assert.ok(chain?.kind === 'chain' && chain.p === 'patient');
  const [inner] = chain.anyOf[0]?.links ?? [];
  assert.ok(chain.anyOf[0]?.type === 'Patient' && inner?.kind === 'chain');
  assert.deepEqual(inner.anyOf[0]?.criteria, [{ p: 'name', anyOf: [{ kind: 'string', value: 'Grey', how: 'exact' }] }]);
  const [has] = parse('Patient', '_has:Observation:patient:code=a').links;
  assert.ok(has?.kind === 'has' && has.p === 'patient' && has.query.type === 'Observation');
  const [twice] = parse('Patient', '_has:Observation:patient:_has:Provenance:target:agent=Practitioner/1').links;
  assert.ok(twice?.kind === 'has' && twice.query.links[0]?.kind === 'has');
  assert.deepEqual(parse('Patient', '_list=42').links, [{ kind: 'list', id: '42' }]);
  assert.deepEqual(parse('Condition', 'code:not-in=http://x/vs').links, [
    { kind: 'in', p: 'code', valueSet: 'http://x/vs', not: true },
  ]);
  // Of several types a chain takes those that have the parameter.
  const [subject] = parse('Observation', 'subject.birthdate=1950').links;
  assert.ok(subject?.kind === 'chain');
  assert.deepEqual(
    subject.anyOf.map(({ type }) => type),
    ['Patient'],
  );
});

test('a name that could hold anything is not repeated', () => {
  const error = refused('Patient', 'Planted Name 9990000018=x');
  assert.doesNotMatch(JSON.stringify([error.message, error.problems]), /Planted/);
});

test('the index is never asked for less than what may match', () => {
  assert.deepEqual(narrowing(parse('Observation', 'code=a,http://x|b&date=ge2026-11-24&patient=p1')), {
    ids: undefined,
    terms: [['Observation|code|*|a', 'Observation|code|http://x|b'], ['Observation|patient|Patient/p1']],
    dates: [{ p: 'date', from: Date.parse('2026-11-24') }],
  });
  for (const query of [
    'status:not=final',
    'status:missing=true',
    'subject=p1',
    'date=ne2026',
    'date=2026,2025',
    '_lastUpdated=gt2026',
    'code=http://x|',
  ])
    assert.deepEqual(narrowing(parse('Observation', query)), { ids: undefined, terms: [], dates: [] }, query);
  assert.deepEqual(narrowing(parse('Patient', 'family:contains=ab')).terms, []);
  assert.deepEqual(narrowing(parse('Patient', 'family=Crúz Longname')).terms, [['Patient|family|cruz l']]);
  assert.deepEqual(narrowing(parse('Patient', 'birthdate=1950-02&birthdate=ge1949')), {
    ids: undefined,
    terms: [['Patient|birthdate|1950-02']],
    dates: [],
  });
  assert.deepEqual(narrowing(parse('Patient', '_id=a,b')).ids, ['a', 'b']);
});

test('matches come in the order that was asked for, those without a value last, else by falling id', () => {
  const at = (id: string, birthDate?: string): { resource: FhirResource } => ({
    resource: { resourceType: 'Patient', id, ...(birthDate === undefined ? {} : { birthDate }) },
  });
  const found = [at('a', '1960'), at('b'), at('c', '1940'), at('d', '1950')];
  const ids = (query: string) =>
    inOrder(parse('Patient', query), found)
      .map(({ match }) => match.resource.id)
      .join('');
  assert.equal(ids(''), 'dcba');
  assert.equal(ids('_sort=birthdate'), 'cdab');
  assert.equal(ids('_sort=-birthdate'), 'adcb');
  assert.equal(ids('_sort=-_id'), 'dcba');
});
