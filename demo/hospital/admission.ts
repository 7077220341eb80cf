import { type DemoPatient, makePerson } from '../patients.ts';
import type { Random } from '../random.ts';
import type { Ward } from './hospital.ts';
import { allergies, type Drug, type Illness, illnesses, noKnownAllergy } from './illnesses.ts';
import { post, type Resource, snomed, transaction } from './resource.ts';
import { practitionerId } from './staff.ts';
import { encounterOf, patientOf } from './stay.ts';
import { vitalSigns } from './vital-signs.ts';

const hour = 3_600_000;
const verified = [
  {
    url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus',
    valueCodeableConcept: {
      coding: [{ system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland', code: '01' }],
    },
  },
];

/** Where and when somebody is generated. `bed` undefined: an earlier inpatient, who has gone home. */
export interface Admission {
  readonly ward: Ward;
  readonly bed: string | undefined;
  readonly nhsNumber: string;
  readonly now: Date;
}

/** A patient with stays, illnesses, medicines, allergies and observations, as one transaction that a server gives ids to. */
export function admissionOf(random: Random, { ward, bed, nhsNumber, now }: Admission): Resource {
  const { specialty } = ward;
  const person = makePerson(random, nhsNumber, specialty, now.getUTCFullYear());
  const age = now.getUTCFullYear() - 1 - Number(person.birthDate.slice(0, 4));
  const self = `urn:uuid:00000000-0000-4000-8000-00${nhsNumber}`;
  const stay = Math.ceil(hour + random.next() * 2 * specialty.stay * hour);
  const ended = bed === undefined ? now.getTime() - random.below(300) * 24 * hour : undefined;
  const began = (ended ?? now.getTime()) - stay;
  const at = (milliseconds: number): string => new Date(milliseconds).toISOString();
  const has = illnesses.filter((illness) => strikes(random, illness, person, age));
  const ill = random.next() ** 3;
  // What is normal for a child is another matter, and NEWS2 is not for children.
  const rounds = age < 16 ? 0 : 2 + random.below(3);
  return transaction([
    post(numbered(patientOf(person)), self),
    post(encounterOf(self, bed ?? random.pick(ward.beds), at(began), ended === undefined ? undefined : at(ended))),
    ...has.map((illness) => post(conditionOf(self, illness, at(began)))),
    ...[...new Set(has.flatMap(({ drugs }) => drugs))].map((drug) => post(orderOf(self, drug, at(began), ward.id))),
    ...allergiesOf(random, self, at(began)).map((allergy) => post(allergy)),
    ...Array.from({ length: rounds }, (_, index) =>
      vitalSigns(random, self, at(began + (stay * (index + 1)) / (rounds + 1)), ill),
    )
      .flat()
      .map((observation) => post(observation)),
  ]);
}

const numbered = (patient: Resource): Resource => ({
  ...patient,
  active: true,
  identifier: (patient['identifier'] as object[]).map((one) => ({ extension: verified, ...one })),
});

const strikes = (random: Random, { ages, percent, gender }: Illness, person: DemoPatient, age: number): boolean => {
  const chance = random.below(100);
  return age >= ages[0] && age <= ages[1] && (gender ?? person.gender) === person.gender && chance < percent;
};

const conditionOf = (patient: string, { code, name }: Illness, recorded: string): Resource => ({
  resourceType: 'Condition',
  clinicalStatus: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
  },
  verificationStatus: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'confirmed' }],
  },
  code: snomed(code, name),
  subject: { reference: patient },
  recordedDate: recorded,
});

const orderOf = (patient: string, { code, name, dose }: Drug, authored: string, ward: string): Resource => ({
  resourceType: 'MedicationRequest',
  status: 'active',
  intent: 'order',
  medicationCodeableConcept: snomed(code, name),
  subject: { reference: patient },
  authoredOn: authored,
  requester: { reference: `Practitioner/${practitionerId(ward, 'doctor')}` },
  dosageInstruction: [{ text: dose }],
});

function allergiesOf(random: Random, patient: string, recorded: string): Resource[] {
  const allergy = ({ code, name }: { readonly code: string; readonly name: string }): Resource => ({
    resourceType: 'AllergyIntolerance',
    clinicalStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }],
    },
    verificationStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification', code: 'confirmed' }],
    },
    code: snomed(code, name),
    patient: { reference: patient },
    recordedDate: recorded,
  });
  const has = allergies.filter(({ percent }) => random.below(100) < percent);
  return (has.length === 0 ? [noKnownAllergy] : has).map(allergy);
}
