import { type AskedNumber, type Prefix, prefixes } from './search-query.ts';

const form = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Fifteen digits are what a double is sure of: 5.4 - 0.05 is 5.35. */
const exactly = (value: number): number => Number(value.toPrecision(15));

/** A prefix and what follows it; `eq` where there is none. */
export function splitPrefix(text: string): { prefix: Prefix; rest: string } {
  const prefix = prefixes.find((one) => text.startsWith(one));
  return prefix === undefined ? { prefix: 'eq', rest: text } : { prefix, rest: text.slice(prefix.length) };
}

/**
 * `5.4`, `ge5.40`, `1e2` as http://hl7.org/fhir/R4/search.html#number reads them: 100 stands for 99.5 up to 100.5, 1e2
 * for 95 up to 105, and `ap` for a tenth up and down. Undefined: no number.
 */
export function parseNumber(text: string): AskedNumber | undefined {
  const { prefix, rest } = splitPrefix(text);
  const match = form.exec(rest);
  const exact = Number(rest);
  if (match === null || !Number.isFinite(exact)) return undefined;
  const [, , , fraction = '', exponent] = match;
  const unit = 10 ** (Number(exponent ?? 0) - fraction.length);
  const half = prefix === 'ap' ? Math.abs(exact) / 10 : unit * (exponent === undefined ? 0.5 : 0.05);
  // More digits than a double has leave nothing open but the number itself.
  const next = exact + Math.max(Math.abs(exact) * Number.EPSILON, Number.MIN_VALUE);
  return {
    prefix,
    exact,
    low: Math.min(exactly(exact - half), exact),
    high: Math.max(exactly(exact + half), next),
  };
}
