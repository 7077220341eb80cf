import type { FhirResource } from '../shared/fhir/index.ts';

const system = 'https://fhir.nhs.uk/Id/nhs-number';
const extensionUrl = 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus';
const statusSystem = 'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland';

/**
 * NHS NUMBER STATUS INDICATOR CODE (NHS Data Dictionary), as far as there is a number: verified; not traced; trace required,
 * without or with several matches, to be resolved, in progress. 07 and 08 say that there is none.
 */
export const statuses = ['01', '02', '03', '04', '05', '06'] as const;
export type VerificationStatus = (typeof statuses)[number];

interface Identifier {
  readonly use?: string;
  readonly system?: string;
  readonly value?: string;
  readonly extension?: readonly { readonly url?: string }[];
}

/** The NHS number that a Patient has, without spaces; undefined: none. */
export const numberOf = (patient: FhirResource): string | undefined => own(patient)?.value?.replaceAll(/\s/g, '');

const own = (patient: FhirResource): Identifier | undefined =>
  identifiersOf(patient).find((one) => one.system === system && one.use !== 'old');
const identifiersOf = (patient: FhirResource): readonly Identifier[] =>
  (patient['identifier'] as readonly Identifier[] | undefined) ?? [];

/** The Patient with an NHS number and what is known of it (UK Core: Extension-UKCore-NHSNumberVerificationStatus). */
export function withNhsNumber(patient: FhirResource, nhsNumber: string, status: VerificationStatus): FhirResource {
  const before = own(patient);
  const others = (before?.extension ?? []).filter(({ url }) => url !== extensionUrl);
  const verification = {
    url: extensionUrl,
    valueCodeableConcept: { coding: [{ system: statusSystem, code: status }] },
  };
  const identifier = { ...before, extension: [...others, verification], system, value: nhsNumber };
  const rest = identifiersOf(patient).filter((one) => one !== before);
  return { ...patient, identifier: [identifier, ...rest] };
}
