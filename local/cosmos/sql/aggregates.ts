import { canonical, compare, type Json } from '../json.ts';
import type { Value } from './frame.ts';

/** Takes in the values of a group one by one. */
export interface Accumulator {
  add(value: Value): void;
  result(): Value;
}

/**
 * Aggregates (https://learn.microsoft.com/azure/cosmos-db/nosql/query/aggregate-functions). Values that are undefined are
 * left out; a value that has no sum makes sum and average undefined.
 */
export const aggregates: Readonly<Record<string, () => Accumulator>> = {
  COUNT: () => counting((value) => value !== undefined),
  COUNTIF: () => counting((value) => value === true),
  SUM: () => summing((sum) => sum),
  AVG: () => summing((sum, count) => (count === 0 ? undefined : sum / count)),
  MIN: () => extreme((order) => order < 0),
  MAX: () => extreme((order) => order > 0),
  MAKELIST: () => {
    const list: Json[] = [];
    return {
      add(value) {
        if (value !== undefined) list.push(value);
      },
      result: () => list,
    };
  },
  MAKESET: () => {
    const set = new Map<string, Json>();
    return {
      add(value) {
        if (value !== undefined) set.set(canonical(value), value);
      },
      result: () => [...set.values()],
    };
  },
};

export const isAggregateName = (name: string): boolean => Object.hasOwn(aggregates, name);

function counting(counts: (value: Value) => boolean): Accumulator {
  let count = 0;
  return {
    add(value) {
      if (counts(value)) count++;
    },
    result: () => count,
  };
}

function summing(finish: (sum: number, count: number) => number | undefined): Accumulator {
  let sum = 0;
  let count = 0;
  let numbers = true;
  return {
    add(value) {
      if (value === undefined) return;
      if (typeof value !== 'number') numbers = false;
      else {
        sum += value;
        count++;
      }
    },
    result: () => (numbers ? finish(sum, count) : undefined),
  };
}

/** The least or greatest in the order of types: null, booleans, numbers, strings. Lists and objects have none. */
function extreme(better: (order: number) => boolean): Accumulator {
  let best: Value;
  let comparable = true;
  return {
    add(value) {
      if (typeof value === 'object' && value !== null) comparable = false;
      else if (value !== undefined && (best === undefined || better(compare(value, best)))) best = value;
    },
    result: () => (comparable ? best : undefined),
  };
}
