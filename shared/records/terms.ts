import type { Ods } from '../context.ts';
import { type FhirResource, indexDates, indexTerms, type SearchEntry, searchEntries } from '../fhir/index.ts';
import type { Keyring } from '../keys/index.ts';
import type { DateTerm } from './documents.ts';

/** What a version is found by: keyed hashes and dates for the index, the entries themselves for the matcher. */
export interface Terms {
  readonly entries: readonly SearchEntry[];
  readonly search: readonly string[];
  readonly dates: readonly DateTerm[];
}

export async function termsOf(keyring: Keyring, trust: Ods, resource: FhirResource): Promise<Terms> {
  const entries = searchEntries(resource);
  return {
    entries,
    search: await hashedTerms(keyring, trust, resource.resourceType, entries),
    dates: indexDates(entries),
  };
}

/** The keyed hashes that the index holds of a resource's entries. */
export async function hashedTerms(
  keyring: Keyring,
  trust: Ods,
  type: string,
  entries: readonly SearchEntry[],
): Promise<readonly string[]> {
  const search = await Promise.all(indexTerms(type, entries).map((term) => keyring.hash(trust, term)));
  return [...new Set(search)];
}
