import type { FhirResource } from '../resource.ts';
import { searchEntries } from './search-entries.ts';
import { fold, type SearchEntry } from './search-entry.ts';
import type { SearchQuery } from './search-query.ts';

/** What a match is ordered by; `null`: it has no such value. The last one is its id, so no two matches are equal. */
export type SortKeys = readonly (string | number | null)[];

/** `entries`: what it is found by, where that is known. */
interface Sortable {
  readonly resource: FhirResource;
  readonly entries?: readonly SearchEntry[];
}

/**
 * Matches in the order that the query asks for (http://hl7.org/fhir/R4/search.html#_sort), with what orders them. What
 * has no value comes last. Ids decide between equals, and alone where no order was asked for: the server's own ids rise
 * with time, so what was created last comes first, and stays in its place however often it is changed.
 */
export function inOrder<T extends Sortable>(
  query: Pick<SearchQuery, 'sort'>,
  found: readonly T[],
): { readonly match: T; readonly keys: SortKeys }[] {
  return found
    .map((match) => ({ match, keys: keysOf(query, match) }))
    .sort((a, b) => compareKeys(query, a.keys, b.keys));
}

/** Negative: `a` comes before `b`. */
export function compareKeys({ sort }: Pick<SearchQuery, 'sort'>, a: SortKeys, b: SortKeys): number {
  for (const [index, key] of a.entries()) {
    const order = compare(key, b[index] ?? null, sort[index]?.descending ?? true);
    if (order !== 0) return order;
  }
  return 0;
}

function compare(a: SortKeys[number], b: SortKeys[number], descending: boolean): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return (a < b ? -1 : 1) * (descending ? -1 : 1);
}

function keysOf({ sort }: Pick<SearchQuery, 'sort'>, { resource, entries: kept }: Sortable): SortKeys {
  const entries = kept ?? (sort.length === 0 ? [] : searchEntries(resource));
  const keys = sort.map(({ p, descending }) => {
    if (p === '_lastUpdated') return Date.parse(resource.meta?.lastUpdated ?? '');
    if (p === '_id') return String(resource.id);
    const own = entries.filter((entry) => entry.p === p).flatMap((entry) => keyOf(entry, descending) ?? []);
    return own.sort((a, b) => compare(a, b, descending))[0] ?? null;
  });
  return [...keys, String(resource.id)];
}

/** Of several values the smallest counts, downwards the largest. */
function keyOf(entry: SearchEntry, descending: boolean): string | number | undefined {
  switch (entry.kind) {
    case 'date':
      return descending ? entry.to : entry.from;
    case 'number':
    case 'quantity':
      return descending ? entry.high : entry.low;
    case 'string':
      return fold(entry.value);
    case 'token':
      return entry.code ?? entry.text;
    case 'reference':
      return entry.target;
    case 'uri':
      return entry.value;
    case 'position':
      return undefined;
  }
}
