import { type Json, kindOf } from '../json.ts';

/** First byte of a key: the order of the types (https://learn.microsoft.com/azure/cosmos-db/nosql/query/order-by). */
export const typeByte = {
  undefined: 0,
  null: 1,
  boolean: 2,
  number: 4,
  string: 5,
  array: 6,
  object: 7,
} as const satisfies Record<ReturnType<typeof kindOf>, number>;

/**
 * Bytes that compare (`memcmp`) as Cosmos DB orders values. Arrays, objects and undefined have no content: all of one
 * kind are equal.
 */
export function orderKey(value: Json | undefined): Buffer {
  if (typeof value === 'string') {
    const key = Buffer.allocUnsafe(1 + Buffer.byteLength(value));
    key[0] = typeByte.string;
    key.write(value, 1);
    return key;
  }
  if (typeof value === 'number') {
    const key = Buffer.allocUnsafe(9);
    key[0] = typeByte.number;
    key.writeDoubleBE(value === 0 ? 0 : value, 1);
    // Negative numbers: all bits turned; positive ones: the sign bit.
    if (value < 0) for (let i = 1; i < 9; i++) key[i] = ~(key[i] ?? 0);
    else key[1] = (key[1] ?? 0) ^ 0x80;
    return key;
  }
  return Buffer.of(value === true ? typeByte.boolean + 1 : typeByte[kindOf(value)]);
}

/** The least key beyond every key that begins with these bytes; undefined: there is none. */
export function afterPrefix(prefix: Uint8Array): Buffer | undefined {
  const next = Buffer.from(prefix);
  for (let end = next.length - 1; end >= 0; end--) {
    const byte = next[end] ?? 0;
    if (byte === 0xff) continue;
    next[end] = byte + 1;
    return next.subarray(0, end + 1);
  }
  return undefined;
}

/** Keys of several values, each in its direction, that compare as the list of values does. */
export function compositeKey(values: readonly { value: Json | undefined; descending: boolean }[]): Buffer {
  return Buffer.concat(
    values.map(({ value, descending }) => {
      const key = terminated(orderKey(value));
      if (descending) for (let i = 0; i < key.length; i++) key[i] = ~(key[i] ?? 0);
      return key;
    }),
  );
}

/** A string ends with 00 00 and writes its own 00 as 00 FF, so that what follows never decides before its end. */
function terminated(key: Buffer): Buffer {
  if (key[0] !== typeByte.string) return key;
  const end = Buffer.of(0, 0);
  if (!key.includes(0)) return Buffer.concat([key, end]);
  return Buffer.concat([Buffer.from([...key].flatMap((byte) => (byte === 0 ? [0, 0xff] : [byte]))), end]);
}
