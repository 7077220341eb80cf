import { equal, isObject, type Json, type JsonObject } from '../json.ts';
import { numbers, pick, type Random, scalar, texts } from './random-documents.ts';

/** A condition twice: as Cosmos SQL, and as plain code that shares nothing with the server's. */
export interface Predicate {
  readonly sql: string;
  readonly holds: (document: JsonObject) => boolean | undefined;
}

const literal = (value: Json): string => JSON.stringify(value);
const at = (document: Json | undefined, ...path: string[]): Json | undefined =>
  path.reduce<Json | undefined>((value, name) => (isObject(value) ? value[name] : undefined), document);
const listAt = (document: JsonObject, name: string): Json[] | undefined => {
  const value = document[name];
  return Array.isArray(value) ? value : undefined;
};
const same = (a: Json | undefined, b: Json): boolean | undefined => (a === undefined ? undefined : equal(a, b));
const utf8 = (text: string): Buffer => Buffer.from(text);

const operators = ['<', '<=', '>', '>='] as const;

function compared(a: Json | undefined, operator: (typeof operators)[number], b: Json): boolean | undefined {
  let order: number;
  if (typeof a === 'number' && typeof b === 'number') order = a - b;
  else if (typeof a === 'string' && typeof b === 'string') order = Buffer.compare(utf8(a), utf8(b));
  else return undefined;
  return operator === '<' ? order < 0 : operator === '<=' ? order <= 0 : operator === '>' ? order > 0 : order >= 0;
}

const makers: readonly [(random: Random) => Predicate, ...((random: Random) => Predicate)[]] = [
  (random) => {
    const value = scalar(random);
    return { sql: `c.a = ${literal(value)}`, holds: (c) => same(c['a'], value) };
  },
  (random) => {
    const [operator, value] = [pick(random, operators), pick(random, numbers)];
    return { sql: `c.n ${operator} ${value}`, holds: (c) => compared(c['n'], operator, value) };
  },
  (random) => {
    const [operator, value] = [pick(random, operators), pick(random, texts)];
    return { sql: `c.s ${operator} ${literal(value)}`, holds: (c) => compared(c['s'], operator, value) };
  },
  (random) => {
    const [low, high] = [pick(random, numbers), pick(random, numbers)];
    const holds = (c: JsonObject): boolean | undefined => {
      const [from, to] = [compared(c['n'], '>=', low), compared(c['n'], '<=', high)];
      return from === undefined ? undefined : from && to;
    };
    return { sql: `(c.n BETWEEN ${low} AND ${high})`, holds };
  },
  (random) => {
    const values = [scalar(random), scalar(random), scalar(random)];
    const holds = (c: JsonObject): boolean | undefined => {
      const value = c['a'];
      return value === undefined ? undefined : values.some((each) => equal(value, each));
    };
    return { sql: `c.a IN (${values.map(literal).join(', ')})`, holds };
  },
  (random) => {
    const start = pick(random, texts);
    const holds = (c: JsonObject): boolean | undefined => {
      const value = c['s'];
      return typeof value === 'string' ? value.startsWith(start) : undefined;
    };
    return { sql: `STARTSWITH(c.s, ${literal(start)})`, holds };
  },
  (random) => {
    const value = scalar(random);
    const holds = (c: JsonObject): boolean | undefined => listAt(c, 'tags')?.some((each) => equal(each, value));
    return { sql: `ARRAY_CONTAINS(c.tags, ${literal(value)})`, holds };
  },
  (random) => {
    const [p, v] = [pick(random, texts), pick(random, numbers)];
    const holds = (c: JsonObject): boolean =>
      listAt(c, 'items')?.some(
        (each) => equal(at(each, 'p') ?? null, p) && compared(at(each, 'v'), '>=', v) === true,
      ) ?? false;
    return { sql: `EXISTS(SELECT VALUE t FROM t IN c.items WHERE t.p = ${literal(p)} AND t.v >= ${v})`, holds };
  },
  (random) => {
    const name = pick(random, ['a', 'n', 's', 'o'] as const);
    return { sql: `IS_DEFINED(c.${name})`, holds: (c) => c[name] !== undefined };
  },
  (random) => {
    const value = pick(random, numbers);
    return { sql: `c["x/y"] = ${value}`, holds: (c) => same(c['x/y'], value) };
  },
  (random) => {
    const value = pick(random, numbers);
    return { sql: `${value} < c.o.k`, holds: (c) => compared(at(c, 'o', 'k'), '>', value) };
  },
  (random) => {
    const value = scalar(random);
    return { sql: `c.tags[0] = ${literal(value)}`, holds: (c) => same(listAt(c, 'tags')?.[0], value) };
  },
  (random) => {
    const value = scalar(random);
    const holds = (c: JsonObject): boolean | undefined => {
      const is = same(c['a'], value);
      return is === undefined ? undefined : !is;
    };
    return { sql: `c.a != ${literal(value)}`, holds };
  },
];

/** Conditions joined by AND, OR and NOT, up to a depth. */
export function randomPredicate(random: Random, depth = 2): Predicate {
  const kind = depth === 0 ? 0 : random(6);
  if (kind < 2) return pick(random, makers)(random);
  if (kind === 2) {
    const inner = randomPredicate(random, depth - 1);
    const holds = (c: JsonObject): boolean | undefined => {
      const value = inner.holds(c);
      return value === undefined ? undefined : !value;
    };
    return { sql: `NOT (${inner.sql})`, holds };
  }
  const [left, right] = [randomPredicate(random, depth - 1), randomPredicate(random, depth - 1)];
  const decisive = kind === 3;
  return {
    sql: `(${left.sql} ${decisive ? 'OR' : 'AND'} ${right.sql})`,
    holds(c) {
      const [a, b] = [left.holds(c), right.holds(c)];
      if (a === decisive || b === decisive) return decisive;
      return a === undefined || b === undefined ? undefined : !decisive;
    },
  };
}
