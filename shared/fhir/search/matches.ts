import { dateRange } from '../date-range.ts';
import type { FhirResource } from '../resource.ts';
import { compositeParts } from './composite-parts.ts';
import { fits } from './fits.ts';
import type { SearchEntry } from './search-entry.ts';
import type { Criterion, SearchQuery, Wanted } from './search-query.ts';

/**
 * Whether a resource is what was asked for; decides alone, whatever the index said. Links to other resources are
 * followed by the record.
 */
export const matches = (
  query: Pick<SearchQuery, 'criteria'>,
  resource: FhirResource,
  entries: readonly SearchEntry[],
): boolean => query.criteria.every((criterion) => meets(criterion, resource, entries));

function meets(criterion: Criterion, resource: FhirResource, entries: readonly SearchEntry[]): boolean {
  const { p, orIn = [], anyOf, not, missing } = criterion;
  if (p === '_id')
    return anyOf.some((wanted) => wanted.kind === 'id' && wanted.value === resource.id) !== (not === true);
  if (anyOf.some(({ kind }) => kind === 'composite')) return meetsComposite(criterion, resource);
  const own =
    p === '_lastUpdated' ? lastUpdated(resource) : entries.filter((one) => one.p === p || orIn.includes(one.p));
  if (missing !== undefined) return missing === (own.length === 0);
  return anyOf.some((wanted) => own.some((entry) => fits(entry, wanted))) !== (not === true);
}

function meetsComposite({ p, anyOf }: Criterion, resource: FhirResource): boolean {
  const elements = compositeParts(resource, p);
  return anyOf.some((wanted) => wanted.kind === 'composite' && elements.some((parts) => allFit(parts, wanted.parts)));
}

const allFit = (have: readonly (readonly SearchEntry[])[], wanted: readonly Wanted[]): boolean =>
  wanted.every((part, index) => have[index]?.some((entry) => fits(entry, part)) ?? false);

function lastUpdated({ meta }: FhirResource): SearchEntry[] {
  const text = meta?.lastUpdated;
  const range = text === undefined ? undefined : dateRange(text);
  return text === undefined || range === undefined ? [] : [{ p: '_lastUpdated', kind: 'date', ...range, text }];
}
