import type { Json, JsonObject } from '../json.ts';

/** Whole numbers from 0, below `bound`; the same seed gives the same ones (mulberry32). */
export function seededRandom(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

export type Random = ReturnType<typeof seededRandom>;

export const pick = <T>(random: Random, list: readonly [T, ...T[]]): T => list[random(list.length)] ?? list[0];

/** Strings whose order, length or characters are easily got wrong. */
export const texts = ['', 'a', 'ab', 'abc', 'b', 'B', 'a\0', 'a\0b', 'é', '\uffff', '\u{1f600}', 'a%', 'z'] as const;
export const numbers = [-1e9, -2.5, -1, 0, 0.5, 1, 2, 3, 10, 1e20] as const;

export const scalar = (random: Random): Json =>
  pick<Json>(random, [pick(random, texts), pick(random, numbers), true, false, null]);

const anything = (random: Random): Json =>
  pick<Json>(random, [scalar(random), scalar(random), [scalar(random)], { k: scalar(random) }]);

/** A document in which any property may be missing, and may be of any type. */
export function randomDocument(random: Random, id: string): JsonObject {
  const some = (value: Json): Json | undefined => (random(5) === 0 ? undefined : value);
  const list = (make: () => Json): Json[] => Array.from({ length: random(4) }, make);
  const properties: [string, Json | undefined][] = [
    ['n', some(pick(random, numbers))],
    ['s', some(pick(random, texts))],
    ['a', some(anything(random))],
    ['tags', some(list(() => scalar(random)))],
    ['items', some(list(() => ({ p: pick(random, texts), v: pick(random, numbers) })))],
    ['x/y', some(pick(random, numbers))],
    ['o', some({ k: anything(random) })],
  ];
  return {
    id,
    partition: `p${random(3)}`,
    ...Object.fromEntries(properties.filter((entry): entry is [string, Json] => entry[1] !== undefined)),
  };
}
