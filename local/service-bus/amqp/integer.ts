/** An integer as rhea reads it: a number, or the bytes of a long that is too large for one. */
export const integer = (value: unknown): number =>
  Buffer.isBuffer(value) ? Number(value.readBigInt64BE()) : Number(value);
