import type { Ods } from '../context.ts';
import type { FhirResource } from '../fhir/index.ts';
import type { Keyring } from '../keys/index.ts';
import type { DateTerm, PointerBody } from './documents.ts';
import { partitionOf } from './partition.ts';

/** https://simplifier.net/guide/uk-core: the NHS number's naming system. */
export const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';

interface Identified {
  readonly identifier?: readonly { readonly system?: string; readonly value?: string }[];
}

/** The NHS number of a Patient without spaces; undefined: it has none. */
export function nhsNumberOf(resource: FhirResource): string | undefined {
  const identifiers = (resource as Identified).identifier;
  return identifiers?.find(({ system }) => system === nhsNumberSystem)?.value?.replaceAll(/\s/g, '');
}

/** A document outside the patient's partition by which the patient is found. */
export interface Pointer {
  readonly partition: string;
  readonly id: string;
  readonly body: PointerBody;
}

/**
 * The claim that makes an NHS number unique in the trust, and the look-up by which a Patient is found by identifier,
 * name, birth date or postcode. Both lie in one partition: the NHS number's bucket, or the token's without one.
 */
export async function pointersTo(
  keyring: Keyring,
  trust: Ods,
  patient: { token: string; id: string; resource: FhirResource },
  terms: { search: readonly string[]; dates: readonly DateTerm[] },
): Promise<Pointer[]> {
  const nhsNumber = nhsNumberOf(patient.resource);
  const hash = nhsNumber === undefined ? undefined : await keyring.hash(trust, `claim|nhs-number|${nhsNumber}`);
  const partition = partitionOf(trust, { lookup: hash ?? patient.token });
  const target = { of: patient.token, resource: patient.id };
  const lookup: Pointer = {
    partition,
    id: `lookup|${patient.token}`,
    body: { kind: 'lookup', ...target, search: [...terms.search], dates: [...terms.dates] },
  };
  if (hash === undefined) return [lookup];
  return [
    { partition, id: `claim|nhs-number|${hash}`, body: { kind: 'claim', ...target, search: [], dates: [] } },
    lookup,
  ];
}
