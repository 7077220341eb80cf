import type { DateRange } from './date-range.ts';
import { hasStringTerms, isHashedDate, longestPrefix, tokenTerm } from './index-terms.ts';
import { fold } from './search-entry.ts';
import type { Criterion, Prefix, SearchQuery, Wanted } from './search-query.ts';

/** What the index can answer of a query: never more than the query says, so that no match is lost. */
export interface Narrowing {
  /** Ids one of which the resource must have; undefined: any. */
  readonly ids: string[] | undefined;
  /** Terms, of each list one of which the resource must have. */
  readonly terms: string[][];
  readonly dates: { p: string; from?: number; to?: number }[];
}

export function narrowing(query: SearchQuery): Narrowing {
  const asked = query.criteria.filter(({ not, missing }) => not === undefined && missing === undefined);
  return {
    ids: asked.find(({ p }) => p === '_id')?.anyOf.flatMap((wanted) => (wanted.kind === 'id' ? [wanted.value] : [])),
    terms: asked.flatMap((criterion) => termsOf(query.type, criterion) ?? []).filter((list) => list.length > 0),
    dates: asked.flatMap(boundsOf),
  };
}

/** A list of terms, unless one of the alternatives has none. */
function termsOf(type: string, { p, anyOf }: Criterion): string[][] {
  const terms = anyOf.map((wanted) => termOf(type, p, wanted));
  return terms.every((term) => term !== undefined) ? [terms.map((term) => `${type}|${p}|${term}`)] : [];
}

function termOf(type: string, p: string, wanted: Wanted): string | undefined {
  switch (wanted.kind) {
    case 'token':
      return wanted.code === undefined ? undefined : tokenTerm(wanted.system || undefined, wanted.code);
    case 'reference':
      // An id alone may be of any type.
      return wanted.target.includes('/') ? wanted.target : undefined;
    case 'uri':
      return wanted.value;
    case 'string': {
      const beginning = fold(wanted.value).slice(0, longestPrefix).trimEnd();
      return hasStringTerms(type) && wanted.how !== 'contains' && beginning.length >= 2 ? beginning : undefined;
    }
    case 'date':
      return isHashedDate(p) && wanted.prefix === 'eq' && [4, 7, 10].includes(wanted.text.length)
        ? wanted.text
        : undefined;
    case 'id':
      return undefined;
  }
}

/** Only a single date becomes a condition; alternatives are left to the matcher. */
function boundsOf({ p, anyOf }: Criterion): { p: string; from?: number; to?: number }[] {
  const [only] = anyOf;
  if (anyOf.length !== 1 || only?.kind !== 'date' || isHashedDate(p) || p === '_lastUpdated') return [];
  const bounds = overlapOf(only.prefix, only.range);
  return bounds === undefined ? [] : [{ p, ...bounds }];
}

/** A period that overlaps everything that can match. */
function overlapOf(prefix: Prefix, { from, to }: DateRange): { from?: number; to?: number } | undefined {
  switch (prefix) {
    case 'eq':
      return { from, to };
    case 'gt':
    case 'ge':
    case 'sa':
      return { from };
    case 'lt':
    case 'le':
    case 'eb':
      return { to };
    case 'ne':
      return undefined;
  }
}
