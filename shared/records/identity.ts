import type { Ods } from '../context.ts';
import type { FhirResource } from '../fhir/index.ts';
import type { Keyring } from '../keys/index.ts';
import type { DateTerm, PointerBody } from './documents.ts';
import { partitionOf } from './partition.ts';

/** https://simplifier.net/guide/uk-core: the NHS number's naming system. */
export const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';

interface Identified {
  readonly identifier?: readonly { readonly use?: string; readonly system?: string; readonly value?: string }[];
}

/** The NHS number of a Patient without spaces; undefined: it has none. An old one is another's, or was. */
export function nhsNumberOf(resource: FhirResource): string | undefined {
  const identifiers = (resource as Identified).identifier;
  return identifiers
    ?.find(({ system, use }) => system === nhsNumberSystem && use !== 'old')
    ?.value?.replaceAll(/\s/g, '');
}

/** A document outside the patient's partition by which the patient is found. */
export interface Pointer {
  readonly partition: string;
  readonly id: string;
  readonly body: PointerBody;
}

/** Where a Patient's pointers stand, and where they may still stand while the hash key is changed. */
export interface Pointers {
  readonly present: readonly Pointer[];
  /** Those that are present, and look-ups where an earlier hash key put them. */
  readonly possible: readonly Pointer[];
}

/**
 * The claim that makes an NHS number unique in the trust, and the look-up by which a Patient is found by identifier,
 * name, birth date or postcode. Both lie in one partition: the NHS number's bucket, or the token's without one. While the
 * hash key is changed a number is claimed under both keys, so that a process that knows one of them only meets it.
 */
export async function pointersTo(
  keyring: Keyring,
  trust: Ods,
  patient: { token: string; id: string; resource: FhirResource },
  terms: { search: readonly string[]; dates: readonly DateTerm[] },
): Promise<Pointers> {
  const nhsNumber = nhsNumberOf(patient.resource);
  const hashes = nhsNumber === undefined ? [] : await keyring.hashes(trust, `claim|nhs-number|${nhsNumber}`);
  const target = { of: patient.token, resource: patient.id };
  const body: PointerBody = { kind: 'lookup', ...target, search: [...terms.search], dates: [...terms.dates] };
  const [lookup, ...earlier] = (hashes.length === 0 ? [patient.token] : hashes).map(
    (name): Pointer => ({ partition: partitionOf(trust, { lookup: name }), id: `lookup|${patient.token}`, body }),
  );
  const claims = hashes.map(
    (hash): Pointer => ({
      partition: partitionOf(trust, { lookup: hash }),
      id: `${nhsNumberClaim}${hash}`,
      body: { kind: 'claim', ...target, search: [], dates: [] },
    }),
  );
  const present = [...claims, ...(lookup === undefined ? [] : [lookup])];
  return { present, possible: [...present, ...earlier] };
}

/** What ids of claims begin with; the hash follows. */
export const nhsNumberClaim = 'claim|nhs-number|';
