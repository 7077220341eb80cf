import { WardlineError } from '../../errors.ts';
import { type DateRange, dateRange } from '../date-range.ts';
import { splitReference } from './entry-values.ts';
import { parseNumber, splitPrefix } from './parse-number.ts';
import { fold } from './search-entry.ts';
import type { Component, SearchParameter } from './search-parameters.ts';
import { prefixes, type Wanted } from './search-query.ts';

/** What reading a value needs besides it. `now` (epoch milliseconds) is what `ap` measures the gap to. */
export interface ValueContext {
  readonly now: number | undefined;
}

/**
 * One wanted value as it was written.
 * @throws WardlineError `invalid-parameter`, naming the parameter
 */
export function parseValue(
  parameter: Pick<SearchParameter, 'code' | 'type' | 'targets' | 'components'>,
  text: string,
  modifier: string | undefined,
  context: ValueContext,
): Wanted {
  const { code: p, type } = parameter;
  if (text === '') throw invalid(p, 'needs a value');
  if (p === '_id') return { kind: 'id', value: literal(text) };
  switch (type) {
    case 'token':
      if (modifier === 'text') return { kind: 'token-text', value: fold(literal(text)) };
      return modifier === 'of-type' ? parseOfType(p, text) : { kind: 'token', ...parseToken(p, text) };
    case 'reference':
      return modifier === 'identifier'
        ? { kind: 'identifier', ...parseToken(p, text) }
        : { kind: 'reference', ...parseReference(parameter, literal(text), modifier) };
    case 'string': {
      const how = modifier === 'exact' || modifier === 'contains' ? modifier : 'begins';
      return { kind: 'string', value: how === 'exact' ? literal(text) : fold(literal(text)), how };
    }
    case 'uri':
      return {
        kind: 'uri',
        value: literal(text),
        how: modifier === 'above' || modifier === 'below' ? modifier : 'exact',
      };
    case 'date':
      return parseDate(p, text, context);
    case 'number': {
      const number = parseNumber(text);
      if (number === undefined) throw invalid(p, `takes a number such as 5.4 or ge100 (${prefixes.join(', ')})`);
      return { kind: 'number', ...number };
    }
    case 'quantity':
      return parseQuantity(p, text);
    case 'special':
      return parseNear(p, text);
    case 'composite':
      return parseComposite(p, parameter.components ?? [], text, context);
  }
}

const invalid = (p: string, why: string): WardlineError =>
  new WardlineError('invalid-parameter', `The parameter ${p} ${why}.`, { expression: p });

/** http://hl7.org/fhir/R4/search.html#escaping */
const literal = (text: string): string => text.replace(/\\([,|$\\])/g, '$1');

/** Parts between separators that are not escaped; a backslash escapes what follows, itself too. */
export function splitUnescaped(text: string, separator: ',' | '|' | '$'): string[] {
  const parts = [''];
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    if (character === separator) parts.push('');
    else if (character === '\\' && index + 1 < text.length) parts[parts.length - 1] += `\\${text[++index]}`;
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** `code`, `system|code`, `|code` (of no system), `system|`. */
function parseToken(p: string, text: string): { system?: string; code?: string } {
  const [first = '', ...rest] = splitUnescaped(text, '|');
  if (rest.length === 0) return { code: literal(first) };
  const [system, code] = [literal(first), literal(rest.join('|'))];
  if (system === '' && code === '') throw invalid(p, 'takes code, system|code, |code or system|');
  return { system, ...(code === '' ? {} : { code }) };
}

function parseOfType(p: string, text: string): Wanted {
  const [system = '', code = '', ...rest] = splitUnescaped(text, '|').map(literal);
  const value = rest.join('|');
  if (code === '' || value === '') throw invalid(p, 'with :of-type takes system|code|value of an identifier');
  return { kind: 'of-type', system, code, value };
}

/** `Type/id`, an absolute address, or an id alone: of the type that the modifier or the parameter itself names. */
function parseReference(
  { targets }: Pick<SearchParameter, 'targets'>,
  text: string,
  modifier: string | undefined,
): { target: string; version?: string; address?: string } {
  if (/^[a-z]+:/.test(text)) return { ...splitReference(text), address: text };
  if (text.includes('/')) return splitReference(text);
  const type = modifier ?? (targets?.length === 1 ? targets[0] : undefined);
  return { target: type === undefined ? text : `${type}/${text}` };
}

function parseDate(p: string, text: string, { now }: ValueContext): Wanted {
  const { prefix, rest } = splitPrefix(text);
  // In a form-encoded query "+" means a space, and clients forget to escape it.
  const range = dateRange(rest.replace(' ', '+'));
  if (range === undefined)
    throw invalid(p, `takes a date such as 2026-11-24 or ge2026-11-24T08:00:00Z (${prefixes.join(', ')})`);
  if (prefix !== 'ap') return { kind: 'date', prefix, range, text: rest };
  if (now === undefined) throw invalid(p, 'takes no ap here');
  return { kind: 'date', prefix, range: widened(range, now), text: rest };
}

/** A tenth of the gap between now and the date, up and down (http://hl7.org/fhir/R4/search.html#prefix). */
function widened({ from, to }: DateRange, now: number): DateRange {
  const gap = Math.max(0, from - now, now - to) / 10;
  return { from: from - gap, to: to + gap };
}

/** `5.4`, `5.4|system|code`, `5.4||unit` (http://hl7.org/fhir/R4/search.html#quantity). */
function parseQuantity(p: string, text: string): Wanted {
  const [amount = '', system = '', unit = '', ...rest] = splitUnescaped(text, '|').map(literal);
  const number = parseNumber(amount);
  if (number === undefined || rest.length > 0) throw invalid(p, 'takes number, number|system|code or number||unit');
  return { kind: 'quantity', ...number, ...(system === '' ? {} : { system }), ...(unit === '' ? {} : { unit }) };
}

const kilometresIn = new Map([
  ['km', 1],
  ['', 1],
  ['m', 0.001],
  ['[mi_i]', 1.609344],
  ['[mi_us]', 1.609347],
]);

/** Location?near (http://hl7.org/fhir/R4/location.html#positional). */
function parseNear(p: string, text: string): Wanted {
  const [latitude, longitude, distance = '', units = ''] = splitUnescaped(text, '|').map(literal);
  const factor = kilometresIn.get(units);
  const numbers = [latitude, longitude, distance === '' ? '10' : distance].map((one) => Number(one || Number.NaN));
  const [lat = Number.NaN, long = Number.NaN, far = Number.NaN] = numbers;
  if (factor === undefined || !(Math.abs(lat) <= 90 && Math.abs(long) <= 180 && far >= 0))
    throw invalid(p, 'takes latitude|longitude|distance|units, in km, m or [mi_i]');
  return { kind: 'near', latitude: lat, longitude: long, kilometres: far * factor };
}

/** `value$value`, one a component. */
function parseComposite(p: string, components: readonly Component[], text: string, context: ValueContext): Wanted {
  const parts = splitUnescaped(text, '$');
  if (parts.length !== components.length)
    throw invalid(p, `takes ${components.map(({ p: one }) => one).join('$')}, joined by $`);
  return {
    kind: 'composite',
    parts: components.map(({ p: code, type }, index) =>
      parseValue({ code, type }, parts[index] ?? '', undefined, context),
    ),
  };
}
