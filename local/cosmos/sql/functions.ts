import { badRequest } from '../errors.ts';
import { equal, isObject, type Json, kindOf } from '../json.ts';

type Value = Json | undefined;
type Builtin = (...values: Value[]) => Value;

const text =
  (apply: (...texts: string[]) => Value): Builtin =>
  (...values) =>
    values.every((value) => typeof value === 'string') ? apply(...(values as string[])) : undefined;
const number =
  (apply: (...numbers: number[]) => number): Builtin =>
  (...values) => {
    if (!values.every((value) => typeof value === 'number')) return undefined;
    const result = apply(...(values as number[]));
    return Number.isFinite(result) ? result : undefined;
  };
const is =
  (...kinds: string[]): Builtin =>
  (value) =>
    kinds.includes(kindOf(value));

/** Text search with the optional third argument that ignores case. */
const search =
  (apply: (whole: string, part: string) => boolean): Builtin =>
  (whole, part, ignoreCase) => {
    if (typeof whole !== 'string' || typeof part !== 'string') return undefined;
    return ignoreCase === true ? apply(whole.toLowerCase(), part.toLowerCase()) : apply(whole, part);
  };

const arrays =
  (apply: (a: Json[], b: Json[]) => Json): Builtin =>
  (a, b) =>
    Array.isArray(a) && Array.isArray(b) ? apply(a, b) : undefined;
const has = (list: Json[], value: Json): boolean => list.some((item) => equal(item, value));

/** With `partial`, an object matches when it holds at least the properties searched for. */
function arrayContains(list: Value, value: Value, partial: Value): Value {
  if (!Array.isArray(list) || value === undefined) return undefined;
  if (partial !== true || !isObject(value)) return has(list, value);
  return list.some((item) => isObject(item) && Object.entries(value).every(([key, part]) => equal(item[key], part)));
}

/** Built-in functions (https://learn.microsoft.com/azure/cosmos-db/nosql/query/system-functions). */
const builtins: Readonly<Record<string, Builtin>> = {
  IS_DEFINED: (value) => value !== undefined,
  IS_NULL: is('null'),
  IS_STRING: is('string'),
  IS_NUMBER: is('number'),
  IS_BOOL: is('boolean'),
  IS_ARRAY: is('array'),
  IS_OBJECT: is('object'),
  IS_PRIMITIVE: is('null', 'boolean', 'number', 'string'),
  IS_INTEGER: (value) => Number.isInteger(value),
  STARTSWITH: search((whole, part) => whole.startsWith(part)),
  ENDSWITH: search((whole, part) => whole.endsWith(part)),
  CONTAINS: search((whole, part) => whole.includes(part)),
  STRINGEQUALS: search((whole, part) => whole === part),
  CONCAT: text((...parts) => parts.join('')),
  LENGTH: text((whole) => whole.length),
  LOWER: text((whole) => whole.toLowerCase()),
  UPPER: text((whole) => whole.toUpperCase()),
  TRIM: text((whole) => whole.trim()),
  LTRIM: text((whole) => whole.trimStart()),
  RTRIM: text((whole) => whole.trimEnd()),
  REVERSE: text((whole) => [...whole].reverse().join('')),
  REPLACE: text((whole, from = '', to = '') => whole.replaceAll(from, to)),
  INDEX_OF: text((whole, part = '') => whole.indexOf(part)),
  STRINGTONUMBER: text((whole) => (whole.trim() !== '' && Number.isFinite(Number(whole)) ? Number(whole) : undefined)),
  TOSTRING: (value) => (value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value)),
  LEFT: (whole, count) =>
    typeof whole === 'string' && typeof count === 'number' ? whole.slice(0, Math.max(0, count)) : undefined,
  RIGHT: (whole, count) =>
    typeof whole === 'string' && typeof count === 'number' ? (count <= 0 ? '' : whole.slice(-count)) : undefined,
  SUBSTRING: (whole, start, count) =>
    typeof whole === 'string' && typeof start === 'number' && typeof count === 'number'
      ? whole.slice(Math.max(0, start), Math.max(0, start + count))
      : undefined,
  REGEXMATCH: (whole, expression, flags) =>
    typeof whole === 'string' && typeof expression === 'string'
      ? new RegExp(expression, typeof flags === 'string' ? flags.replace('x', '') : '').test(whole)
      : undefined,
  STRINGJOIN: (list, separator) =>
    Array.isArray(list) && typeof separator === 'string' ? list.map(String).join(separator) : undefined,
  STRINGSPLIT: text((whole, separator = '') => whole.split(separator)),
  ABS: number(Math.abs),
  CEILING: number(Math.ceil),
  FLOOR: number(Math.floor),
  ROUND: number(Math.round),
  TRUNC: number(Math.trunc),
  SQRT: number(Math.sqrt),
  SQUARE: number((value = 0) => value * value),
  POWER: number((base = 0, exponent = 0) => base ** exponent),
  EXP: number(Math.exp),
  LOG: number((value = 0, base) => (base === undefined ? Math.log(value) : Math.log(value) / Math.log(base))),
  LOG10: number(Math.log10),
  SIGN: number(Math.sign),
  ARRAY_CONTAINS: arrayContains,
  ARRAY_CONTAINS_ANY: (list, ...values) =>
    Array.isArray(list) ? values.some((value) => value !== undefined && has(list, value)) : undefined,
  ARRAY_CONTAINS_ALL: (list, ...values) =>
    Array.isArray(list) ? values.every((value) => value !== undefined && has(list, value)) : undefined,
  ARRAY_LENGTH: (list) => (Array.isArray(list) ? list.length : undefined),
  ARRAY_CONCAT: (...lists) => (lists.every(Array.isArray) ? (lists as Json[][]).flat() : undefined),
  ARRAY_SLICE: (list, start, count) =>
    Array.isArray(list) && typeof start === 'number'
      ? list.slice(start, typeof count === 'number' ? (start < 0 ? list.length + start : start) + count : undefined)
      : undefined,
  SETINTERSECT: arrays((a, b) =>
    a.filter((item, i) => has(b, item) && a.findIndex((other) => equal(other, item)) === i),
  ),
  SETUNION: arrays((a, b) => [...a, ...b].filter((item, i, all) => all.findIndex((other) => equal(other, item)) === i)),
  IIF: (test, then, otherwise) => (test === true ? then : otherwise),
  GETCURRENTTIMESTAMP: () => Date.now(),
  GETCURRENTDATETIME: () => new Date().toISOString(),
  DATETIMETOTIMESTAMP: text((moment) => (Number.isNaN(Date.parse(moment)) ? undefined : Date.parse(moment))),
  TIMESTAMPTODATETIME: (moment) => (typeof moment === 'number' ? new Date(moment).toISOString() : undefined),
};

/** Aggregates, over the values of a group. Undefined values are left out, as the service does. */
export const aggregates: Readonly<Record<string, (values: readonly Value[]) => Value>> = {
  COUNT: (values) => values.filter((value) => value !== undefined).length,
  SUM: (values) => total(values),
  AVG: (values) => {
    const defined = values.filter((value) => value !== undefined);
    const sum = total(values);
    return sum === undefined || defined.length === 0 ? undefined : sum / defined.length;
  },
  MIN: (values) => extreme(values, -1),
  MAX: (values) => extreme(values, 1),
};

/** A value that is no number makes the whole sum undefined. */
function total(values: readonly Value[]): number | undefined {
  const defined = values.filter((value) => value !== undefined);
  return defined.every((value) => typeof value === 'number')
    ? (defined as number[]).reduce((sum, value) => sum + value, 0)
    : undefined;
}

function extreme(values: readonly Value[], sign: 1 | -1): Value {
  const comparable = values.filter((value) => value !== undefined && (typeof value !== 'object' || value === null));
  return comparable.reduce<Value>((best, value) => {
    if (best === undefined) return value;
    const order = typeof best === typeof value ? (value === best ? 0 : (value ?? 0) > (best ?? 0) ? 1 : -1) : 0;
    return order === sign ? value : best;
  }, undefined);
}

/** Finds a built-in function. @throws CosmosError 400 when this server has none of that name. */
export function builtin(name: string): Builtin {
  const found = builtins[name];
  if (found === undefined) throw badRequest(`Function '${name}' is not supported by this server.`);
  return found;
}
