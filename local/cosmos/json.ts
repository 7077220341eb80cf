/** A JSON value; `undefined` is what Cosmos SQL calls undefined: no such property. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Nesting that Cosmos DB accepts. */
const maximumDepth = 128;

/** Whether a value nests deeper than the service accepts. */
export function tooDeep(value: Json, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= maximumDepth) return true;
  return Object.values(value).some((inner) => tooDeep(inner, depth + 1));
}

/** Deep equality as Cosmos SQL has it: objects regardless of the order of their keys. */
export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]));
  }
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

/** A text that equal values share, and only they: objects with their keys in order. */
export function canonical(value: Json | undefined): string {
  if (value === undefined) return 'undefined';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value === 0 ? 0 : value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
    .join()}}`;
}

const ranks = ['undefined', 'null', 'boolean', 'number', 'string', 'array', 'object'] as const;
type Kind = (typeof ranks)[number];

/** The type of a value as Cosmos SQL names it. */
export function kindOf(value: Json | undefined): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as Kind;
}

/** Order across types: undefined, null, false, true, numbers, strings, arrays, objects (ORDER BY documentation). */
export function compare(a: Json | undefined, b: Json | undefined): number {
  const [left, right] = [ranks.indexOf(kindOf(a)), ranks.indexOf(kindOf(b))];
  if (left !== right) return left - right;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  return 0;
}

/** By code points, as UTF-8 bytes compare; JavaScript's `<` sets U+E000 to U+FFFF above what lies beyond U+FFFF. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    const [high, other] = [isSurrogate(x), isSurrogate(y)];
    return high === other ? x - y : high ? 1 : -1;
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;
