import type { Ods } from '../context.ts';
import {
  type FhirResource,
  indexDates,
  indexTerms,
  type SearchEntry,
  scansReportedBy,
  searchEntries,
} from '../fhir/index.ts';
import type { Keyring } from '../keys/index.ts';
import type { DateTerm } from './documents.ts';

/** What a version is found by: keyed hashes and dates for the index, the entries themselves for the matcher. */
export interface Terms {
  readonly entries: readonly SearchEntry[];
  readonly search: readonly string[];
  readonly dates: readonly DateTerm[];
}

/** R4 has no search parameter from a report to its scan: the term under which the timeline finds it. */
export const scanTerm = (scan: string): string => `DiagnosticReport|imagingStudy|${scan}`;

export async function termsOf(keyring: Keyring, trust: Ods, resource: FhirResource): Promise<Terms> {
  const entries = searchEntries(resource);
  return { entries, search: await hashedTerms(keyring, trust, resource, entries), dates: indexDates(entries) };
}

/** The keyed hashes that the index holds of a resource with its entries. */
export async function hashedTerms(
  keyring: Keyring,
  trust: Ods,
  resource: FhirResource,
  entries: readonly SearchEntry[],
): Promise<readonly string[]> {
  const wanted = [...indexTerms(resource.resourceType, entries), ...scansReportedBy(resource).map(scanTerm)];
  const search = await Promise.all(wanted.map((term) => keyring.hash(trust, term)));
  return [...new Set(search)];
}
