import type { Resource } from './resource.ts';

/** http://hl7.org/fhir/R4/valueset-location-physical-type.html */
type PhysicalType = 'si' | 'wa' | 'ro' | 'bd';

/** A hospital unit (HL7 v3 RoleCode): by it wards are found among all the places of a trust. */
export const hospitalUnit = { system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'HU' } as const;

/** A trust, by its ODS code. */
export const organizationOf = (trust: string, name: string): Resource => ({
  resourceType: 'Organization',
  id: trust,
  active: true,
  name,
  identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: trust }],
});

/** A site, ward, bay or bed; `partOf` is the id of what it lies in. */
export const locationOf = (
  trust: string,
  { id, name, type, partOf }: { id: string; name: string; type: PhysicalType; partOf?: string },
): Resource => ({
  resourceType: 'Location',
  id,
  status: 'active',
  name,
  mode: 'instance',
  ...(type === 'wa' ? { type: [{ coding: [hospitalUnit] }] } : {}),
  managingOrganization: { reference: `Organization/${trust}` },
  physicalType: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/location-physical-type', code: type }],
  },
  ...(partOf === undefined ? {} : { partOf: { reference: `Location/${partOf}` } }),
});

/** Beds are called after their ward, e.g. `J09-01`. @param index from 0 */
export const bedName = (ward: string, index: number): string => `${ward}-${String(index + 1).padStart(2, '0')}`;
