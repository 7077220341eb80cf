import type { FhirResource } from '../../shared/fhir/index.ts';

const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';

/** A synthetic Patient; NHS numbers begin with 999. */
export const patient = (family: string, nhsNumber?: string): FhirResource =>
  ({
    resourceType: 'Patient',
    ...(nhsNumber === undefined ? {} : { identifier: [{ system: nhsNumberSystem, value: nhsNumber }] }),
    name: [{ family, given: ['Testina'] }],
    birthDate: '1948-03-17',
  }) as FhirResource;

export const pulse = (token: string, value: number, code = '8867-4'): FhirResource =>
  ({
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code }] },
    subject: { reference: `Patient/${token}` },
    effectiveDateTime: '2026-11-01T10:00:00Z',
    valueQuantity: { value, unit: '/min' },
  }) as FhirResource;

export const encounter = (token: string, bed: string | undefined): FhirResource =>
  ({
    resourceType: 'Encounter',
    status: bed === undefined ? 'finished' : 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    subject: { reference: `Patient/${token}` },
    period: { start: '2026-11-01T08:00:00Z' },
    ...(bed === undefined ? {} : { location: [{ location: { reference: `Location/${bed}` }, status: 'active' }] }),
  }) as FhirResource;

/** A ward with one bed, `J09` and `J09-01`. */
export const ward = (id: string): FhirResource[] => [
  location(id, 'wa', undefined),
  location(`${id}-01`, 'bd', id),
  location(`${id}-02`, 'bd', id),
];

const location = (id: string, code: string, partOf: string | undefined): FhirResource =>
  ({
    resourceType: 'Location',
    id,
    name: id,
    physicalType: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/location-physical-type', code }] },
    ...(partOf === undefined ? {} : { partOf: { reference: `Location/${partOf}` } }),
  }) as FhirResource;
