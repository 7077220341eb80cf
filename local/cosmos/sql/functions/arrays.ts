import { canonical, compare, equal, isObject, type Json } from '../../json.ts';
import type { Value } from '../frame.ts';
import { type Builtin, type Builtins, builtin, isWhole, ofArrays } from './builtin.ts';

const has = (list: readonly Json[], value: Value): boolean => list.some((item) => equal(item, value));

/** With `partial`, an object matches when it holds at least the properties searched for. */
function arrayContains(list: Value, value: Value, partial: Value): Value {
  if (!Array.isArray(list) || value === undefined) return undefined;
  if (partial !== true || !isObject(value)) return has(list, value);
  return list.some((item) => isObject(item) && Object.entries(value).every(([key, part]) => equal(item[key], part)));
}

/** The elements without repetition, by their canonical text. */
const setOf = (list: readonly Json[]): Map<string, Json> => new Map(list.map((item) => [canonical(item), item]));

const ofNumberArray = (apply: (numbers: readonly number[]) => number | undefined): Builtin =>
  ofArrays(1, 1, (list = []) => (list.every((item) => typeof item === 'number') ? apply(list) : undefined));

const sum = (list: readonly number[]): number => list.reduce((total, value) => total + value, 0);

function median(list: readonly number[]): number | undefined {
  const sorted = [...list].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

const best = (sign: 1 | -1): Builtin =>
  ofArrays(1, 1, (list = []) =>
    list.some((item) => typeof item === 'object' && item !== null)
      ? undefined
      : list.reduce<Value>(
          (found, item) => (found === undefined || sign * compare(item, found) > 0 ? item : found),
          undefined,
        ),
  );

function slice(list: Value, start: Value, count: Value): Value {
  if (!Array.isArray(list) || !isWhole(start)) return undefined;
  const from = start < 0 ? Math.max(0, list.length + start) : start;
  if (count === undefined) return list.slice(from);
  return isWhole(count) ? list.slice(from, from + Math.max(0, count)) : undefined;
}

/** https://learn.microsoft.com/azure/cosmos-db/nosql/query/system-functions#array-functions */
export const arrays: Builtins = {
  ARRAY_AVG: ofNumberArray((list) => (list.length === 0 ? undefined : sum(list) / list.length)),
  ARRAY_CONCAT: ofArrays(2, 255, (...lists) => lists.flat(1)),
  ARRAY_CONTAINS: builtin(2, 3, arrayContains),
  ARRAY_CONTAINS_ALL: builtin(2, 255, (list, ...values) =>
    Array.isArray(list) ? values.every((value) => value !== undefined && has(list, value)) : undefined,
  ),
  ARRAY_CONTAINS_ANY: builtin(2, 255, (list, ...values) =>
    Array.isArray(list) ? values.some((value) => value !== undefined && has(list, value)) : undefined,
  ),
  ARRAY_LENGTH: ofArrays(1, 1, (list = []) => list.length),
  ARRAY_MAX: best(1),
  ARRAY_MEDIAN: ofNumberArray(median),
  ARRAY_MIN: best(-1),
  ARRAY_SLICE: builtin(2, 3, slice),
  ARRAY_SUM: ofNumberArray(sum),
  CHOOSE: builtin(2, 255, (index, ...values) => (isWhole(index) && index >= 1 ? values[index - 1] : undefined)),
  OBJECTTOARRAY: builtin(1, 3, (object, key = 'k', value = 'v') =>
    isObject(object) && typeof key === 'string' && typeof value === 'string'
      ? Object.entries(object).map(([name, held]) =>
          Object.fromEntries([
            [key, name],
            [value, held],
          ]),
        )
      : undefined,
  ),
  SETDIFFERENCE: ofArrays(2, 2, (a = [], b = []) => {
    const other = setOf(b);
    return [...setOf(a)].flatMap(([key, item]) => (other.has(key) ? [] : [item]));
  }),
  SETEQUAL: ofArrays(2, 2, (a = [], b = []) => {
    const [left, right] = [setOf(a), setOf(b)];
    return left.size === right.size && [...left.keys()].every((key) => right.has(key));
  }),
  SETINTERSECT: ofArrays(2, 2, (a = [], b = []) => {
    const other = setOf(b);
    return [...setOf(a)].flatMap(([key, item]) => (other.has(key) ? [item] : []));
  }),
  SETUNION: ofArrays(2, 2, (a = [], b = []) => [...setOf([...a, ...b]).values()]),
};
