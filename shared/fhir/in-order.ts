import type { FhirResource } from './resource.ts';
import { searchEntries } from './search-entries.ts';
import { fold, type SearchEntry } from './search-entry.ts';
import type { SearchQuery } from './search-query.ts';

/**
 * Matches in the order that the query asks for; without one, as they came
 * (http://hl7.org/fhir/R4/search.html#_sort: what has no value comes last).
 */
export function inOrder<T extends { readonly resource: FhirResource }>(query: SearchQuery, found: readonly T[]): T[] {
  if (query.sort.length === 0) return [...found];
  const keyed = found.map((match) => ({ match, keys: keysOf(query, match.resource) }));
  keyed.sort((a, b) => {
    for (const [index, { descending }] of query.sort.entries()) {
      const order = compare(a.keys[index], b.keys[index], descending);
      if (order !== 0) return order;
    }
    return 0;
  });
  return keyed.map(({ match }) => match);
}

type Key = string | number | undefined;

function compare(a: Key, b: Key, descending: boolean): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  return (a < b ? -1 : 1) * (descending ? -1 : 1);
}

function keysOf(query: SearchQuery, resource: FhirResource): Key[] {
  const entries = query.sort.every(({ p }) => p.startsWith('_')) ? [] : searchEntries(resource);
  return query.sort.map(({ p, descending }) => {
    if (p === '_lastUpdated') return Date.parse(resource.meta?.lastUpdated ?? '');
    if (p === '_id') return resource.id;
    const keys = entries.filter((entry) => entry.p === p).flatMap((entry) => keyOf(entry, descending) ?? []);
    return keys.sort((a, b) => compare(a, b, descending))[0];
  });
}

/** Of several values the earliest counts, downwards the latest. */
function keyOf(entry: SearchEntry, descending: boolean): Key {
  if (entry.kind === 'date') return descending ? entry.to : entry.from;
  if (entry.kind === 'string') return fold(entry.value);
  return entry.kind === 'token' ? entry.code : undefined;
}
