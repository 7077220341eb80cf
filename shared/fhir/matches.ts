import { type DateRange, dateRange } from './date-range.ts';
import type { FhirResource } from './resource.ts';
import { fold, type SearchEntry } from './search-entry.ts';
import type { Criterion, Prefix, SearchQuery, Wanted } from './search-query.ts';

/** Whether a resource is what was asked for; decides alone, whatever the index said. */
export const matches = (query: SearchQuery, resource: FhirResource, entries: readonly SearchEntry[]): boolean =>
  query.criteria.every((criterion) => meets(criterion, resource, entries));

function meets(
  { p, anyOf, not, missing }: Criterion,
  resource: FhirResource,
  entries: readonly SearchEntry[],
): boolean {
  if (p === '_id') return anyOf.some((wanted) => wanted.kind === 'id' && wanted.value === resource.id);
  const own = p === '_lastUpdated' ? lastUpdated(resource) : entries.filter((entry) => entry.p === p);
  if (missing !== undefined) return missing === (own.length === 0);
  return anyOf.some((wanted) => own.some((entry) => fits(entry, wanted))) !== (not === true);
}

function lastUpdated({ meta }: FhirResource): SearchEntry[] {
  const text = meta?.lastUpdated;
  const range = text === undefined ? undefined : dateRange(text);
  return text === undefined || range === undefined ? [] : [{ p: '_lastUpdated', kind: 'date', ...range, text }];
}

function fits(entry: SearchEntry, wanted: Wanted): boolean {
  if (entry.kind === 'token' && wanted.kind === 'token')
    return (
      (wanted.code === undefined || entry.code === wanted.code) &&
      (wanted.system === undefined || (entry.system ?? '') === wanted.system)
    );
  if (entry.kind === 'reference' && wanted.kind === 'reference')
    return (
      entry.target === wanted.target || (!wanted.target.includes('/') && entry.target.endsWith(`/${wanted.target}`))
    );
  if (entry.kind === 'uri' && wanted.kind === 'uri') return entry.value === wanted.value;
  if (entry.kind === 'string' && wanted.kind === 'string') return stringFits(entry.value, wanted);
  return entry.kind === 'date' && wanted.kind === 'date' && dateFits(entry, wanted.prefix, wanted.range);
}

/** A text is found by its beginning and by that of each of its words. */
function stringFits(text: string, { value, how }: { value: string; how: 'begins' | 'exact' | 'contains' }): boolean {
  if (how === 'exact') return text === value;
  const folded = fold(text);
  if (how === 'contains') return folded.includes(value);
  return folded.startsWith(value) || folded.split(/\s+/).some((word) => word.startsWith(value));
}

/** http://hl7.org/fhir/R4/search.html#prefix: `eq` is containment of the resource's period in the asked one. */
function dateFits(have: DateRange, prefix: Prefix, asked: DateRange): boolean {
  switch (prefix) {
    case 'eq':
      return have.from >= asked.from && have.to <= asked.to;
    case 'ne':
      return !(have.from >= asked.from && have.to <= asked.to);
    case 'gt':
      return have.to > asked.to;
    case 'lt':
      return have.from < asked.from;
    case 'ge':
      return have.to >= asked.from;
    case 'le':
      return have.from <= asked.to;
    case 'sa':
      return have.from > asked.to;
    case 'eb':
      return have.to < asked.from;
  }
}
