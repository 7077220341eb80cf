import { WardlineError } from '../../errors.ts';
import { compartmentElement } from '../compartment.ts';
import { dateRange } from '../date-range.ts';
import { type Condition, parseCondition, searchOf, UnknownParameter } from './parse-criterion.ts';
import { parseInclude } from './parse-include.ts';
import { parametersOf } from './search-parameters.ts';
import type { Criterion, SearchQuery, Summary } from './search-query.ts';

const defaultCount = 50;
const maximumCount = 1000;
const unsortable = new Set(['composite', 'special']);
const summaries = ['true', 'text', 'data', 'count', 'false'] as const satisfies readonly Summary[];

export interface ParseOptions {
  /** What `ap` measures the gap of dates to; without it `ap` is refused. */
  readonly now?: Date;
  /** Parameters that are not known are passed over (Prefer: handling=lenient); otherwise they are errors. */
  readonly lenient?: boolean;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Reads search parameters. Repeated ones must all match, values behind commas are alternatives.
 * @throws WardlineError `invalid-parameter`, `too-costly` or `not-supported`, naming the parameter and what there is
 */
export function parseSearch(type: string, parameters: URLSearchParams, options: ParseOptions = {}): SearchQuery {
  const query: Writable<SearchQuery> = { ...searchOf(type, []), count: defaultCount };
  const conditions: Condition[] = [];
  const ignored: string[] = [];
  const context = { now: options.now?.getTime() };
  for (const [name, value] of parameters) {
    try {
      if (!readControl(query, name, value)) conditions.push(parseCondition(type, name, value, context));
    } catch (error) {
      if (!(error instanceof UnknownParameter && options.lenient)) throw error;
      ignored.push(name);
    }
  }
  const { criteria, links } = searchOf(type, conditions);
  const patient = patientIn(type, criteria);
  refuseContradictions(query);
  return {
    ...query,
    criteria,
    links,
    // A name that is not known may be anything: it is no part of what the audit entry says.
    names: [...new Set(parameters.keys())].filter((name) => !ignored.includes(name)),
    ignored,
    ...(patient === undefined ? {} : { patient }),
  };
}

const invalid = (name: string, why: string): WardlineError =>
  new WardlineError('invalid-parameter', `The parameter ${name} ${why}.`, { expression: name });

/** Parameters that say how to answer (http://hl7.org/fhir/R4/search.html#return). @returns false: it is none of them */
function readControl(query: Writable<SearchQuery>, name: string, value: string): boolean {
  switch (name) {
    case '_count':
      if (!/^\d{1,9}$/.test(value)) throw invalid(name, 'takes a whole number');
      // http://hl7.org/fhir/R4/search.html#count: none at all asks for the total.
      if (Number(value) === 0) query.summary = 'count';
      query.count = Math.min(Number(value), maximumCount);
      return true;
    case '_summary': {
      const summary = summaries.find((one) => one === value);
      if (summary === undefined) throw invalid(name, `takes one of ${summaries.join(', ')}`);
      query.summary = summary;
      return true;
    }
    case '_elements':
      query.elements = value.split(',').map((one) => one.split('.').at(-1) ?? '');
      if (!query.elements.every((one) => /^[a-z][A-Za-z]*$/.test(one))) throw invalid(name, 'takes names of elements');
      return true;
    case '_total':
      // An exact total costs nothing more: it stands in for an estimate too.
      if (!['none', 'estimate', 'accurate'].includes(value)) throw invalid(name, 'takes none, estimate or accurate');
      query.total = value !== 'none';
      return true;
    case '_sort':
      query.sort = parseSort(query.type, value);
      return true;
    case '_include':
    case '_include:iterate':
    case '_include:recurse':
    case '_revinclude':
    case '_revinclude:iterate':
    case '_revinclude:recurse':
      query.includes = [...query.includes, parseInclude(name, value)];
      return true;
    case '_at':
      query.at = parseMoment(name, value);
      return true;
    case '_contained':
      if (value !== 'false')
        throw new WardlineError('not-supported', 'Contained resources are not searched.', { expression: name });
      return true;
    case '_format':
    case '_pretty':
      return true; // The edge has read it.
    case '_text':
    case '_content':
    case '_filter':
    case '_query':
      throw new WardlineError('not-supported', `${name} is not supported: use the parameters of the type.`, {
        expression: name,
      });
    default:
      return false;
  }
}

/** The moment that `_at` names: the end of the period that a date stands for. */
export function parseMoment(name: string, value: string): number {
  const range = dateRange(value.replace(' ', '+'));
  if (range === undefined) throw invalid(name, 'takes a moment such as 2026-11-24T08:00:00Z');
  return range.to;
}

/** http://hl7.org/fhir/R4/search.html#summary: a narrative alone says nothing of what it belongs to. */
function refuseContradictions({ summary, elements, includes }: SearchQuery): void {
  if (elements !== undefined && summary !== 'false') throw invalid('_elements', 'cannot be combined with _summary');
  if (summary === 'text' && includes.length > 0) throw invalid('_include', 'cannot be combined with _summary=text');
}

function parseSort(type: string, text: string): SearchQuery['sort'] {
  return text.split(',').map((one) => {
    const p = one.replace(/^-/, '');
    const parameter = parametersOf(type).get(p);
    if (parameter === undefined || unsortable.has(parameter.type))
      throw invalid('_sort', 'takes parameters of the type that are neither composite nor special; - turns it round');
    return { p, descending: one.startsWith('-') };
  });
}

/** The one patient whose compartment holds everything that can match. */
function patientIn(type: string, criteria: readonly Criterion[]): string | undefined {
  if (!Object.hasOwn(compartmentElement, type) && type !== 'AuditEvent') return undefined;
  for (const { p, orIn, anyOf, not } of criteria) {
    if (not === true || orIn !== undefined || (p !== 'patient' && p !== compartmentElement[type])) continue;
    const [only] = anyOf;
    if (anyOf.length === 1 && only?.kind === 'reference' && only.target.startsWith('Patient/'))
      return only.target.slice('Patient/'.length);
  }
  return undefined;
}

/**
 * The search within a patient's compartment (http://hl7.org/fhir/R4/compartmentdefinition.html).
 * @param parameters those by which resources of the type belong to it; the first is the one they lie by
 */
export function withinCompartment(query: SearchQuery, patient: string, parameters: readonly string[]): SearchQuery {
  const [p = '', ...orIn] = parameters;
  const criterion: Criterion = {
    p,
    ...(orIn.length === 0 ? {} : { orIn }),
    anyOf: [{ kind: 'reference', target: `Patient/${patient}` }],
  };
  const criteria = [...query.criteria, criterion];
  const named = patientIn(query.type, criteria);
  return { ...query, criteria, ...(named === undefined ? {} : { patient: named }) };
}
