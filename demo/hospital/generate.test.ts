import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNhsNumber, validateResource } from '../../shared/fhir/index.ts';
import { makePatients } from '../patients.ts';
import { type Generated, generate, type Wishes } from './generate.ts';
import type { Resource } from './resource.ts';

const wishes: Wishes = { trusts: 2, wards: 16, patients: 430, seed: 7, now: new Date('2026-11-26T08:00:00Z') };
const all = [...generate(wishes)];
const entriesOf = ({ bundle }: Generated): { resource: Resource; fullUrl?: string }[] => bundle['entry'] as never;
const resources = all.flatMap(entriesOf).map(({ resource }) => resource);
const ofType = (type: string): Resource[] => resources.filter(({ resourceType }) => resourceType === type);
const referenceIn = (value: unknown): string | undefined => (value as { reference?: string } | undefined)?.reference;

test('the same seed gives the same hospital, another seed another one', () => {
  assert.deepEqual([...generate(wishes)], all);
  assert.notDeepEqual([...generate({ ...wishes, seed: 8 })], all);
});

test('everything is valid FHIR, and Patients are UK Core', async () => {
  const profile = ['https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient'];
  for (const resource of resources) {
    await validateResource(resource);
    if (resource.resourceType === 'Patient') await validateResource({ ...resource, meta: { profile } });
  }
});

test('NHS numbers are of tests, valid, and nobody has that of another or of the seed', () => {
  const numbers = ofType('Patient').map((patient) => (patient['identifier'] as { value: string }[])[0]?.value ?? '');
  assert.equal(new Set(numbers).size, wishes.patients);
  for (const number of numbers) assert.ok(number.startsWith('999') && isNhsNumber(number), number);
  for (const seed of [9, 10, 101])
    for (const { nhsNumber } of makePatients(30, seed)) assert.ok(!numbers.includes(nhsNumber));
});

test('places lead from the bed over bay, ward and site to the trust', () => {
  const places = new Map(ofType('Location').map((place) => [place.id, place]));
  const typeOf = (place: Resource): string =>
    (place['physicalType'] as { coding: { code: string }[] }).coding[0]?.code ?? '';
  const beds = [...places.values()].filter((place) => typeOf(place) === 'bd');
  assert.equal(beds.length, 16 * 28);
  for (const bed of beds) {
    const path = [bed];
    for (let above = referenceIn(bed['partOf']); above !== undefined; above = referenceIn(path.at(-1)?.['partOf'])) {
      const place = places.get(above.slice('Location/'.length));
      assert.ok(place, above);
      path.push(place);
    }
    assert.deepEqual(path.map(typeOf), ['bd', 'ro', 'wa', 'si']);
    const trust = referenceIn(bed['managingOrganization'])?.slice('Organization/'.length);
    assert.ok(ofType('Organization').some(({ id }) => id === trust));
  }
  assert.equal([...places.values()].filter((place) => typeOf(place) === 'si').length, 7);
  for (const ward of ['J09', 'J10', 'X01']) assert.ok(!places.has(ward), `${ward} is the seed's`);
});

test('staff and orders name people and places that are there; nobody is in a bed of another trust', () => {
  const known = new Set(
    resources.flatMap(({ resourceType, id }) => (id === undefined ? [] : [`${resourceType}/${id}`])),
  );
  for (const role of ofType('PractitionerRole'))
    for (const reference of [referenceIn(role['practitioner']), referenceIn((role['location'] as unknown[])[0])])
      assert.ok(known.has(reference ?? ''), reference);
  for (const order of ofType('MedicationRequest')) assert.ok(known.has(referenceIn(order['requester']) ?? ''));
  for (const trust of ['RR8', 'RXF']) {
    const own = all.filter((one) => one.trust === trust);
    const beds = new Set(
      own.flatMap(entriesOf).flatMap(({ resource }) => (resource.resourceType === 'Location' ? resource.id : [])),
    );
    for (const { resource } of own.flatMap(entriesOf)) {
      if (resource.resourceType !== 'Encounter') continue;
      const [stay] = resource['location'] as { location: { reference: string } }[];
      assert.ok(beds.has(stay?.location.reference.slice('Location/'.length)));
    }
  }
});

test('one bed holds one patient; who finds no bed has gone home', () => {
  const inBed = ofType('Encounter').filter(({ status }) => status === 'in-progress');
  const beds = inBed.map((stay) => (stay['location'] as { location: { reference: string } }[])[0]?.location.reference);
  assert.equal(new Set(beds).size, beds.length);
  assert.ok(inBed.length > 340 && inBed.length < 430, `${inBed.length} of 448 beds`);
  assert.equal(ofType('Encounter').length, wishes.patients);
  for (const { status, period } of ofType('Encounter') as (Resource & { period: { end?: string } })[])
    assert.equal(status === 'finished', period.end !== undefined);
});

test('people are as people are: many names and ages, illnesses of their age, an allergy or the word that there is none', () => {
  const patients = ofType('Patient') as (Resource & { birthDate: string; name: { family: string }[] })[];
  assert.ok(new Set(patients.map(({ name }) => name[0]?.family)).size > 50);
  const years = patients.map(({ birthDate }) => Number(birthDate.slice(0, 4)));
  assert.ok(Math.min(...years) < 1935 && Math.max(...years) > 2010);
  for (const bundle of all.filter(({ about }) => about === 'patients')) {
    const types = entriesOf(bundle).map(({ resource }) => resource.resourceType);
    assert.ok(types.includes('AllergyIntolerance'));
    assert.equal(types[0], 'Patient');
  }
  assert.ok(ofType('Condition').length > 300 && ofType('Observation').length > 3_000);
});
