import type { DemoPatient } from '../patients.ts';
import type { Resource } from './resource.ts';

/** A person as a Patient. */
export const patientOf = (person: DemoPatient): Resource => ({
  resourceType: 'Patient',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: person.nhsNumber }],
  name: [{ use: 'official', family: person.family, given: [person.given] }],
  gender: person.gender,
  birthDate: person.birthDate,
  address: [{ line: [person.line], city: person.city, postalCode: person.postalCode }],
});

/** An inpatient's stay in a bed, from then on. @param until when it ended; undefined: it goes on */
export const encounterOf = (patient: string, bed: string, since: string, until?: string): Resource => ({
  resourceType: 'Encounter',
  status: until === undefined ? 'in-progress' : 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  subject: { reference: patient },
  period: { start: since, ...(until === undefined ? {} : { end: until }) },
  location: [
    {
      location: { reference: `Location/${bed}` },
      status: until === undefined ? 'active' : 'completed',
      period: { start: since, ...(until === undefined ? {} : { end: until }) },
    },
  ],
});
