import type { DateRange } from '../date-range.ts';
import { hasStringTerms, isHashedDate, longestPrefix, tokenTerm, withoutVersion } from './index-terms.ts';
import { fold } from './search-entry.ts';
import { parametersOf } from './search-parameters.ts';
import type { Criterion, Prefix, SearchQuery, Wanted } from './search-query.ts';

/** What the index can answer of a query: never more than the query says, so that no match is lost. */
export interface Narrowing {
  /** Ids one of which the resource must have; undefined: any. */
  readonly ids: string[] | undefined;
  /** Terms, of each list one of which the resource must have. */
  readonly terms: string[][];
  readonly dates: { p: string; from?: number; to?: number }[];
}

export function narrowing(query: Pick<SearchQuery, 'type' | 'criteria'>): Narrowing {
  const asked = query.criteria
    .filter(({ not, missing }) => not === undefined && missing === undefined)
    .flatMap((criterion) => plainOf(query.type, criterion));
  return {
    ids: idsOf(asked),
    terms: asked.flatMap((criterion) => termsOf(query.type, criterion) ?? []).filter((list) => list.length > 0),
    dates: asked.flatMap(boundsOf),
  };
}

/** Every list of ids must hold the resource's. */
function idsOf(criteria: readonly Criterion[]): string[] | undefined {
  const lists = criteria
    .filter(({ p }) => p === '_id')
    .map(({ anyOf }) => anyOf.flatMap((wanted) => (wanted.kind === 'id' ? [wanted.value] : [])));
  return lists.length === 0 ? undefined : lists.reduce((common, list) => common.filter((id) => list.includes(id)));
}

/** A composite asks of one element what its components' own parameters ask of the whole resource. */
function plainOf(type: string, criterion: Criterion): Criterion[] {
  if (!criterion.anyOf.some(({ kind }) => kind === 'composite')) return [criterion];
  return (parametersOf(type).get(criterion.p)?.components ?? []).map(({ p }, index) => ({
    p,
    anyOf: criterion.anyOf.flatMap((wanted) => (wanted.kind === 'composite' ? (wanted.parts[index] ?? []) : [])),
  }));
}

/** A list of terms, unless one of the alternatives has none. */
function termsOf(type: string, { p, orIn = [], anyOf }: Criterion): string[][] {
  const terms = anyOf.map((wanted) => termsFor(type, p, wanted));
  return terms.every((some) => some.length > 0)
    ? [terms.flat().flatMap((term) => [p, ...orIn].map((name) => `${type}|${name}|${term}`))]
    : [];
}

/** Terms one of which whatever fits must have; none: the index cannot tell. */
function termsFor(type: string, p: string, wanted: Wanted): string[] {
  if (wanted.kind !== 'reference') return [termOf(type, p, wanted) ?? []].flat();
  const { target, address } = wanted;
  // An id alone may be of any type.
  if (!target.includes('/') && address === undefined) return [];
  return [...new Set([target, ...(address === undefined ? [] : [withoutVersion(address)])])];
}

function termOf(type: string, p: string, wanted: Wanted): string | undefined {
  switch (wanted.kind) {
    case 'token':
    case 'identifier':
      return wanted.code === undefined ? undefined : tokenTerm(wanted.system || undefined, wanted.code);
    case 'of-type':
      return tokenTerm(undefined, wanted.value);
    case 'uri':
      return wanted.how === 'exact' ? wanted.value : undefined;
    case 'string': {
      const beginning = fold(wanted.value).slice(0, longestPrefix).trimEnd();
      return hasStringTerms(type) && wanted.how !== 'contains' && beginning.length >= 2 ? beginning : undefined;
    }
    case 'date':
      return isHashedDate(p) && wanted.prefix === 'eq' && [4, 7, 10].includes(wanted.text.length)
        ? wanted.text
        : undefined;
    default:
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
    case 'ap':
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
