import { WardlineError } from '../errors.ts';
import { dateRange } from './date-range.ts';
import { referenceTarget } from './entry-values.ts';
import { fold } from './search-entry.ts';
import type { SearchParameter } from './search-parameters.ts';
import { prefixes, type Wanted } from './search-query.ts';

/**
 * One wanted value as it was written.
 * @throws WardlineError `invalid-parameter`, naming the parameter
 */
export function parseValue(parameter: SearchParameter, text: string, modifier: string | undefined): Wanted {
  const { code: p, type } = parameter;
  if (text === '') throw invalid(p, 'needs a value');
  if (p === '_id') return { kind: 'id', value: literal(text) };
  switch (type) {
    case 'token':
      return parseToken(p, text);
    case 'reference':
      return { kind: 'reference', target: parseReference(parameter, literal(text), modifier) };
    case 'string': {
      const how = modifier === 'exact' || modifier === 'contains' ? modifier : 'begins';
      return { kind: 'string', value: how === 'exact' ? literal(text) : fold(literal(text)), how };
    }
    case 'uri':
      return { kind: 'uri', value: literal(text) };
    default:
      return parseDate(p, text);
  }
}

const invalid = (p: string, why: string): WardlineError =>
  new WardlineError('invalid-parameter', `The parameter ${p} ${why}.`, { expression: p });

/** http://hl7.org/fhir/R4/search.html#escaping */
const literal = (text: string): string => text.replace(/\\([,|$\\])/g, '$1');

/** `code`, `system|code`, `|code` (of no system), `system|`. */
function parseToken(p: string, text: string): Wanted {
  const bar = /(?<!\\)\|/.exec(text)?.index;
  if (bar === undefined) return { kind: 'token', code: literal(text) };
  const [system, code] = [literal(text.slice(0, bar)), literal(text.slice(bar + 1))];
  if (system === '' && code === '') throw invalid(p, 'takes code, system|code, |code or system|');
  return { kind: 'token', system, ...(code === '' ? {} : { code }) };
}

/** `Type/id`, an absolute address, or an id alone: of the type that the modifier or the parameter itself names. */
function parseReference({ target }: SearchParameter, text: string, modifier: string | undefined): string {
  if (text.includes('/') || text.includes(':')) return referenceTarget(text);
  const type = modifier ?? target;
  return type === undefined ? text : `${type}/${text}`;
}

function parseDate(p: string, text: string): Wanted {
  const prefix = prefixes.find((one) => text.startsWith(one));
  const value = prefix === undefined ? text : text.slice(prefix.length);
  // In a form-encoded query "+" means a space, and clients forget to escape it.
  const range = dateRange(value.replace(' ', '+'));
  if (range === undefined)
    throw invalid(p, `takes a date such as 2026-11-24 or ge2026-11-24T08:00:00Z (${prefixes.join(', ')})`);
  return { kind: 'date', prefix: prefix ?? 'eq', range, text: value };
}
