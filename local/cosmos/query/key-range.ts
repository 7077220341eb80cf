import { afterPrefix, orderKey, typeByte } from '../inverted-index/order-key.ts';
import type { Json } from '../json.ts';

/** Keys from `from` up to, but without, `to`. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  /** The one value that lies in it, if there is only one. */
  readonly value?: Json;
}

/** Beyond every key: no type has this byte. */
const end = Buffer.of(0xff);
export const everyKey: KeyRange = { from: Buffer.alloc(0), to: end };

const following = (key: Buffer): Buffer => Buffer.concat([key, Buffer.of(0)]);

export function equalTo(value: Json): KeyRange {
  const key = orderKey(value);
  return { from: key, to: following(key), value };
}

/** Of one type, as the service compares only what is of one type. */
export const ofType = (kind: keyof typeof typeByte): KeyRange => ({
  from: Buffer.of(typeByte[kind]),
  to: Buffer.of(typeByte[kind] + (kind === 'boolean' ? 2 : 1)),
});

/** `<`, `<=`, `>`, `>=` a number or string. */
export function comparedTo(operator: '<' | '<=' | '>' | '>=', value: number | string): KeyRange {
  const key = orderKey(value);
  const all = ofType(typeof value === 'number' ? 'number' : 'string');
  const border = operator === '<=' || operator === '>' ? following(key) : key;
  return operator.startsWith('<') ? { from: all.from, to: border } : { from: border, to: all.to };
}

/** Strings that begin with `prefix`. */
export function startingWith(prefix: string): KeyRange {
  const from = orderKey(prefix);
  return { from, to: afterPrefix(from) ?? end };
}

export const contains = ({ from, to }: KeyRange, key: Uint8Array): boolean =>
  Buffer.compare(from, key) <= 0 && Buffer.compare(key, to) < 0;

/** In order, and none overlapping. */
export function normalized(ranges: readonly KeyRange[]): KeyRange[] {
  const result: KeyRange[] = [];
  for (const range of ranges.toSorted((a, b) => Buffer.compare(a.from, b.from))) {
    if (Buffer.compare(range.from, range.to) >= 0) continue;
    const last = result.at(-1);
    if (last === undefined || Buffer.compare(last.to, range.from) < 0) result.push(range);
    else if (Buffer.compare(last.to, range.to) < 0) result[result.length - 1] = { from: last.from, to: range.to };
  }
  return result;
}

/** What lies in both. */
export const intersection = (a: readonly KeyRange[], b: readonly KeyRange[]): KeyRange[] =>
  normalized(a.flatMap((x) => b.map((y) => overlap(x, y))));

function overlap(x: KeyRange, y: KeyRange): KeyRange {
  const [later, earlier] = [Buffer.compare(x.from, y.from) > 0 ? x : y, Buffer.compare(x.to, y.to) < 0 ? x : y];
  return later === earlier ? later : { from: later.from, to: earlier.to };
}
