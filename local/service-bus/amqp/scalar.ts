import { encodeText, textOf } from './encoded.ts';

/** A UUID, told apart from a string that looks like one. */
export class Uuid {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * What an encoded value says, as far as filters can tell: integers of every width as bigint, float and double as
 * number. Undefined for what has no value in a filter (binary, decimal, compound and described values).
 */
export type Scalar = null | boolean | bigint | number | string | Date | Uuid;

/** The format codes of AMQP 1.0, part 1.6. */
const readers: Readonly<Record<number, (bytes: Buffer) => Scalar>> = {
  64: () => null,
  65: () => true,
  66: () => false,
  86: (bytes) => bytes[1] !== 0,
  80: (bytes) => BigInt(bytes.readUInt8(1)),
  96: (bytes) => BigInt(bytes.readUInt16BE(1)),
  112: (bytes) => BigInt(bytes.readUInt32BE(1)),
  82: (bytes) => BigInt(bytes.readUInt8(1)),
  67: () => 0n,
  128: (bytes) => bytes.readBigUInt64BE(1),
  83: (bytes) => BigInt(bytes.readUInt8(1)),
  68: () => 0n,
  81: (bytes) => BigInt(bytes.readInt8(1)),
  97: (bytes) => BigInt(bytes.readInt16BE(1)),
  113: (bytes) => BigInt(bytes.readInt32BE(1)),
  84: (bytes) => BigInt(bytes.readInt8(1)),
  129: (bytes) => bytes.readBigInt64BE(1),
  85: (bytes) => BigInt(bytes.readInt8(1)),
  114: (bytes) => bytes.readFloatBE(1),
  130: (bytes) => bytes.readDoubleBE(1),
  115: (bytes) => String.fromCodePoint(Math.min(bytes.readUInt32BE(1), 0x10ffff)),
  131: (bytes) => new Date(Number(bytes.readBigInt64BE(1))),
  152: (bytes) => new Uuid(bytes.toString('hex', 1, 17).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')),
  161: textOf,
  177: textOf,
  163: textOf,
  179: textOf,
};

/** Reads an encoded value. @param bytes one whole value, as `valueEnd` found it */
export const decodeScalar = (bytes: Buffer): Scalar | undefined => readers[bytes[0] ?? -1]?.(bytes);

/** Writes a value: a bigint as long, a number as double. */
export function encodeScalar(value: Scalar): Buffer {
  if (value === null) return Buffer.of(0x40);
  if (typeof value === 'boolean') return Buffer.of(value ? 0x41 : 0x42);
  if (typeof value === 'string') return encodeText(value);
  if (value instanceof Uuid)
    return Buffer.concat([Buffer.of(0x98), Buffer.from(value.text.replaceAll('-', ''), 'hex')]);
  const bytes = Buffer.allocUnsafe(9);
  if (typeof value === 'bigint') {
    bytes[0] = 0x81;
    bytes.writeBigInt64BE(BigInt.asIntN(64, value), 1);
  } else if (typeof value === 'number') {
    bytes[0] = 0x82;
    bytes.writeDoubleBE(value, 1);
  } else {
    bytes[0] = 0x83;
    bytes.writeBigInt64BE(BigInt(value.getTime()), 1);
  }
  return bytes;
}
