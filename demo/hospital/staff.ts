import { makePerson } from '../patients.ts';
import type { Random } from '../random.ts';
import type { Ward } from './hospital.ts';
import { put, type Resource, snomed, transaction } from './resource.ts';

/** Who works on a ward. GMC and NMC numbers of this form are given to nobody. */
const posts = [
  { name: 'consultant', role: snomed('768839008', 'Consultant'), prefix: 'Dr', register: 'gmc', number: '99' },
  { name: 'doctor', role: snomed('158971006', 'Hospital registrar'), prefix: 'Dr', register: 'gmc', number: '98' },
  { name: 'sister', role: snomed('224535009', 'Registered nurse'), prefix: 'Ms', register: 'nmc', number: '97' },
  { name: 'nurse', role: snomed('224535009', 'Registered nurse'), prefix: 'Ms', register: 'nmc', number: '96' },
] as const;
const systems = { gmc: 'https://fhir.hl7.org.uk/Id/gmc-number', nmc: 'https://fhir.hl7.org.uk/Id/nmc-number' };

/** The id of the one who holds a post of a ward. */
export const practitionerId = (ward: string, post: (typeof posts)[number]['name']): string => `${ward}-${post}`;

/** The staff of a ward with their roles there, as one transaction. @param index of the ward: it makes numbers unique */
export function staffOf(random: Random, { trust, id }: Ward, index: number): Resource {
  const resources = posts.flatMap(({ name, role, prefix, register, number }): Resource[] => {
    const person = makePerson(random, '', { ages: [26, 64] }, 2026);
    const practitioner = practitionerId(id, name);
    const digits = `${number}${String(index).padStart(5, '0')}`;
    return [
      {
        resourceType: 'Practitioner',
        id: practitioner,
        active: true,
        identifier: [{ system: systems[register], value: register === 'gmc' ? `C${digits}` : `${digits}E` }],
        name: [{ use: 'official', family: person.family, given: [person.given], prefix: [prefix] }],
        gender: person.gender,
      },
      {
        resourceType: 'PractitionerRole',
        id: `${practitioner}-role`,
        active: true,
        practitioner: { reference: `Practitioner/${practitioner}` },
        organization: { reference: `Organization/${trust.ods}` },
        location: [{ reference: `Location/${id}` }],
        code: [role],
      },
    ];
  });
  return transaction(resources.map(put));
}
