import { WardlineError } from '../errors.ts';
import { compartmentElement } from './compartment.ts';
import { type DateRange, dateRange } from './date-range.ts';
import { isHashedDate, longestPrefix, tokenTerm } from './index-terms.ts';
import type { FhirResource } from './resource.ts';
import { referenceTarget } from './search-entries.ts';
import { fold, type SearchEntry } from './search-entry.ts';
import { parametersOf } from './search-parameters.ts';

const prefixes = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'] as const;
type Prefix = (typeof prefixes)[number];

/** One wanted value. */
type Wanted =
  | { readonly kind: 'token'; readonly system?: string; readonly code?: string }
  | { readonly kind: 'reference'; readonly target: string }
  | { readonly kind: 'string' | 'uri'; readonly value: string; readonly exact: boolean }
  | { readonly kind: 'date'; readonly prefix: Prefix; readonly range: DateRange; readonly text: string }
  | { readonly kind: 'id'; readonly value: string };

/** A parameter as it was asked: any of the values must match. */
export interface Criterion {
  readonly p: string;
  readonly anyOf: readonly Wanted[];
}

/** A search as it was asked. Every criterion must match. */
export interface SearchQuery {
  readonly type: string;
  /** Id of the one patient whose compartment is searched. */
  readonly patient?: string;
  readonly criteria: readonly Criterion[];
  readonly count: number;
  readonly summary: 'false' | 'count';
  /** Names of the parameters, for the audit entry; never their values. */
  readonly names: readonly string[];
}

const defaultCount = 50;
const maximumCount = 1000;
const ignored = new Set(['_format', '_total', '_sort', '_elements']);

/**
 * Reads search parameters. Repeated ones must all match, values behind commas are alternatives.
 * @throws WardlineError `invalid-parameter` or `not-supported`, naming the parameter and what is supported
 */
export function parseSearch(type: string, parameters: URLSearchParams): SearchQuery {
  const criteria: Criterion[] = [];
  let count = defaultCount;
  let summary: SearchQuery['summary'] = 'false';
  for (const [name, value] of parameters) {
    if (ignored.has(name)) continue;
    if (name === '_count') {
      count = Number(value);
      if (!Number.isInteger(count) || count < 0) throw wrong(name, 'takes a whole number');
      count = Math.min(count, maximumCount);
    } else if (name === '_summary') {
      if (value !== 'count' && value !== 'false')
        throw new WardlineError('not-supported', '_summary takes count or false here.', { expression: name });
      summary = value;
    } else criteria.push(parseCriterion(type, name, value));
  }
  const patient = patientIn(type, criteria);
  return {
    type,
    criteria,
    count,
    summary,
    names: [...new Set(parameters.keys())],
    ...(patient === undefined ? {} : { patient }),
  };
}

const wrong = (name: string, why: string): WardlineError =>
  new WardlineError('invalid-parameter', `The parameter ${name} ${why}.`, { expression: name });

function parseCriterion(type: string, name: string, text: string): Criterion {
  const [code = '', modifier] = name.split(':');
  if (code === '_id') return { p: '_id', anyOf: alternatives(text).map((value) => ({ kind: 'id', value })) };
  const parameter = parametersOf(type).get(code);
  if (parameter === undefined || code.startsWith('_')) {
    throw new WardlineError(
      'invalid-parameter',
      `${type} has no search parameter ${code} here. There are: _id, ${[...parametersOf(type).keys()].filter((one) => !one.startsWith('_')).join(', ')}.`,
      { expression: name },
    );
  }
  const exact = modifier === 'exact' && parameter.type === 'string';
  const typed = parameter.type === 'reference' && modifier !== undefined && /^[A-Z]/.test(modifier);
  if (modifier !== undefined && !exact && !typed)
    throw new WardlineError('not-supported', `The modifier :${modifier} is not supported for ${code}.`, {
      expression: name,
    });
  return {
    p: code,
    anyOf: alternatives(text).map((value) =>
      parseValue(parameter.type, code, value, { exact, ...(typed ? { type: modifier } : {}) }),
    ),
  };
}

/** Values behind commas; a comma of the value itself is written `\,`. */
const alternatives = (text: string): string[] =>
  text.split(/(?<!\\),/).map((value) => value.replace(/\\([,|$\\])/g, '$1'));

function parseValue(
  kind: string,
  p: string,
  value: string,
  { exact, type }: { exact: boolean; type?: string },
): Wanted {
  if (value === '') throw wrong(p, 'needs a value');
  switch (kind) {
    case 'token': {
      const bar = value.indexOf('|');
      if (bar < 0) return { kind: 'token', code: value };
      const [system, code] = [value.slice(0, bar), value.slice(bar + 1)];
      return { kind: 'token', ...(system === '' ? {} : { system }), ...(code === '' ? {} : { code }) };
    }
    case 'reference':
      if (value.includes('/')) return { kind: 'reference', target: referenceTarget(value) };
      return {
        kind: 'reference',
        target: `${type ?? (p === 'patient' ? 'Patient' : '')}${type !== undefined || p === 'patient' ? '/' : ''}${value}`,
      };
    case 'string':
      return { kind: 'string', value: fold(value), exact };
    case 'uri':
      return { kind: 'uri', value, exact: true };
    default: {
      const prefix = prefixes.find((one) => value.startsWith(one)) ?? 'eq';
      const text = value.startsWith(prefix) ? value.slice(2) : value;
      // In a form-encoded query "+" means a space, and clients forget to escape it.
      const range = dateRange(text.replace(' ', '+'));
      if (range === undefined) throw wrong(p, 'takes a date such as 2026-11-24 or ge2026-11-24T08:00:00Z');
      return { kind: 'date', prefix, range, text };
    }
  }
}

function patientIn(type: string, criteria: readonly Criterion[]): string | undefined {
  if (!Object.hasOwn(compartmentElement, type)) return undefined;
  for (const { p, anyOf } of criteria) {
    if (p !== 'patient' && p !== compartmentElement[type]) continue;
    const [only] = anyOf;
    if (anyOf.length === 1 && only?.kind === 'reference' && only.target.startsWith('Patient/'))
      return only.target.slice('Patient/'.length);
  }
  return undefined;
}

/** What the index can answer of a query: never more than the query says, so that no match is lost. */
export function narrowing(query: SearchQuery): {
  /** Ids one of which the resource must have; undefined: any. */
  ids: string[] | undefined;
  terms: string[][];
  dates: { p: string; from?: number; to?: number }[];
} {
  const terms: string[][] = [];
  const dates: { p: string; from?: number; to?: number }[] = [];
  for (const { p, anyOf } of query.criteria) {
    const values = anyOf.map((wanted) => termOf(p, wanted, query.type));
    if (values.every((value) => value !== undefined)) terms.push(values.map((value) => `${query.type}|${p}|${value}`));
    const [only] = anyOf;
    if (anyOf.length === 1 && only?.kind === 'date' && !isHashedDate(p)) {
      const bounds = boundsOf(only.prefix, only.range);
      if (bounds !== undefined) dates.push({ p, ...bounds });
    }
  }
  const ids = query.criteria
    .find(({ p }) => p === '_id')
    ?.anyOf.flatMap((wanted) => (wanted.kind === 'id' ? [wanted.value] : []));
  return { ids, terms, dates };
}

function termOf(p: string, wanted: Wanted, type: string): string | undefined {
  switch (wanted.kind) {
    case 'token':
      return wanted.code === undefined ? undefined : tokenTerm(wanted.system, wanted.code);
    case 'reference':
      return wanted.target.includes('/') ? wanted.target : undefined;
    case 'uri':
      return wanted.value;
    case 'string':
      return type === 'Patient' && wanted.value.length >= 2
        ? wanted.value.slice(0, longestPrefix).trimEnd()
        : undefined;
    case 'date':
      return isHashedDate(p) && wanted.prefix === 'eq' && [4, 7, 10].includes(wanted.text.length)
        ? wanted.text
        : undefined;
    case 'id':
      return undefined;
  }
}

/** A period that overlaps everything that can match. */
function boundsOf(prefix: Prefix, { from, to }: DateRange): { from?: number; to?: number } | undefined {
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

/** Whether a resource is what was asked for; decides alone, whatever the index said. */
export const matches = (query: SearchQuery, resource: FhirResource, entries: readonly SearchEntry[]): boolean =>
  query.criteria.every(({ p, anyOf }) =>
    anyOf.some((wanted) =>
      wanted.kind === 'id'
        ? resource.id === wanted.value
        : entries.some((entry) => entry.p === p && fits(entry, wanted)),
    ),
  );

function fits(entry: SearchEntry, wanted: Wanted): boolean {
  if (entry.kind === 'token' && wanted.kind === 'token') {
    return (
      (wanted.code === undefined || entry.code === wanted.code) &&
      (wanted.system === undefined || entry.system === wanted.system)
    );
  }
  if (entry.kind === 'reference' && wanted.kind === 'reference')
    return entry.target === wanted.target || entry.target.endsWith(`/${wanted.target}`);
  if (entry.kind === 'uri' && wanted.kind === 'uri') return entry.value === wanted.value;
  if (entry.kind === 'string' && wanted.kind === 'string') {
    return wanted.exact
      ? entry.value === wanted.value
      : entry.value
          .split(/\s+/)
          .concat(entry.value)
          .some((word) => word.startsWith(wanted.value));
  }
  return entry.kind === 'date' && wanted.kind === 'date' && dateFits(entry, wanted.prefix, wanted.range);
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
