import { WardlineError } from '../errors.ts';
import { compartmentElement } from './compartment.ts';
import { parseValue } from './parse-value.ts';
import { parametersOf, type SearchParameter, searchableParameters } from './search-parameters.ts';
import type { Criterion, SearchQuery } from './search-query.ts';

const defaultCount = 50;
const maximumCount = 1000;
const controls = '_count, _sort, _summary (count), _total';
const sortable = new Set(['date', 'string', 'token']);

/**
 * Reads search parameters. Repeated ones must all match, values behind commas are alternatives.
 * @throws WardlineError `invalid-parameter` or `not-supported`, naming the parameter and what is supported
 */
export function parseSearch(type: string, parameters: URLSearchParams): SearchQuery {
  const criteria: Criterion[] = [];
  let [count, summary, sort]: [number, SearchQuery['summary'], SearchQuery['sort']] = [defaultCount, 'false', []];
  for (const [name, value] of parameters) {
    switch (name) {
      case '_count':
        if (!/^\d{1,9}$/.test(value)) throw invalid(name, 'takes a whole number');
        count = Math.min(Number(value), maximumCount);
        break;
      case '_summary':
        if (value !== 'count' && value !== 'false') throw unsupported(name, '_summary takes count or false here.');
        summary = value;
        break;
      case '_total':
        // A total is always counted.
        if (!['none', 'estimate', 'accurate'].includes(value)) throw invalid(name, 'takes none, estimate or accurate');
        break;
      case '_format':
        if (!/^(json|(application|text)\/(fhir[+ ])?json)$/.test(value))
          throw new WardlineError('not-acceptable', 'The format is JSON: application/fhir+json.', { expression: name });
        break;
      case '_sort':
        sort = parseSort(type, value);
        break;
      default:
        criteria.push(parseCriterion(type, name, value));
    }
  }
  const patient = patientIn(type, criteria);
  const names = [...new Set(parameters.keys())];
  return { type, criteria, count, summary, sort, names, ...(patient === undefined ? {} : { patient }) };
}

const invalid = (name: string, why: string): WardlineError =>
  new WardlineError('invalid-parameter', `The parameter ${name} ${why}.`, { expression: name });
const unsupported = (name: string, why: string): WardlineError =>
  new WardlineError('not-supported', why, { expression: name });

/** What a type can be searched by here, for those who asked for something else. */
const searchable = (type: string): string =>
  searchableParameters(type)
    .map(({ code }) => code)
    .join(', ');

function parameterNamed(type: string, name: string, code: string): SearchParameter {
  if (code.includes('.') || name.startsWith('_has:'))
    throw unsupported(code.split(/[.:]/)[0] ?? '', 'Chained searches are not supported: search in two steps.');
  const parameter = parametersOf(type).get(code);
  // A name that nobody knows may be anything: it is not repeated.
  if (parameter === undefined)
    throw new WardlineError(
      'invalid-parameter',
      `${type} has no such search parameter here. There are: ${searchable(type)}; and ${controls}.`,
      { expression: /^_?[a-z][a-z-]{0,40}$/i.test(code) ? code : 'search' },
    );
  return parameter;
}

function parseCriterion(type: string, name: string, text: string): Criterion {
  const [code = '', modifier, ...rest] = name.split(':');
  const parameter = parameterNamed(type, name, code);
  if (parameter.type === 'number' || parameter.type === 'quantity')
    throw unsupported(code, `Searching by ${parameter.type} is not supported. There are: ${searchable(type)}.`);
  const p = parameter.code;
  if (rest.length > 0 || (modifier !== undefined && !modifiersOf(parameter).some((one) => one.test(modifier))))
    throw unsupported(code, `This modifier is not supported for ${code}.`);
  if (modifier === 'missing') {
    if (text !== 'true' && text !== 'false') throw invalid(code, 'with :missing takes true or false');
    return { p, anyOf: [], missing: text === 'true' };
  }
  const anyOf = alternatives(text).map((value) => parseValue(parameter, value, modifier));
  return { p, anyOf, ...(modifier === 'not' ? { not: true } : {}) };
}

/** http://hl7.org/fhir/R4/search.html#modifiers, those of them that are supported. */
function modifiersOf({ type, code }: SearchParameter): RegExp[] {
  if (code === '_id' || code === '_lastUpdated') return [];
  if (type === 'string') return [/^(missing|exact|contains)$/];
  if (type === 'token') return [/^(missing|not)$/];
  return type === 'reference' ? [/^missing$/, /^[A-Z][A-Za-z]+$/] : [/^missing$/];
}

/** Values behind commas; a comma of the value itself is written `\,`. */
const alternatives = (text: string): string[] => text.split(/(?<!\\),/);

function parseSort(type: string, text: string): SearchQuery['sort'] {
  return text.split(',').map((one) => {
    const p = one.replace(/^-/, '');
    const parameter = parametersOf(type).get(p);
    if (parameter === undefined || !sortable.has(parameter.type))
      throw invalid('_sort', 'takes _lastUpdated, or parameters that are dates, strings or tokens; - turns it round');
    return { p, descending: one.startsWith('-') };
  });
}

/** The one patient whose compartment holds everything that can match. */
function patientIn(type: string, criteria: readonly Criterion[]): string | undefined {
  if (!Object.hasOwn(compartmentElement, type) && type !== 'AuditEvent') return undefined;
  for (const { p, anyOf, not } of criteria) {
    if (not === true || (p !== 'patient' && p !== compartmentElement[type])) continue;
    const [only] = anyOf;
    if (anyOf.length === 1 && only?.kind === 'reference' && only.target.startsWith('Patient/'))
      return only.target.slice('Patient/'.length);
  }
  return undefined;
}
