/**
 * Encoded AMQP values (AMQP 1.0, part 1): where they end, and maps and lists taken apart without decoding what is in
 * them. What is rewritten this way keeps its types: an int stays an int, a described type stays described.
 */
export type EncodedMap = Map<string, Buffer>;

/** Bytes that are no well-formed AMQP. */
export class MalformedAmqp extends Error {
  override readonly name = 'MalformedAmqp';
}

/** Width of the value behind its format code, by the code's first digit (1.2); -1: a size of one byte, -4: of four. */
const widths: Readonly<Record<number, number>> = {
  4: 0,
  5: 1,
  6: 2,
  7: 4,
  8: 8,
  9: 16,
  10: -1,
  11: -4,
  12: -1,
  13: -4,
  14: -1,
  15: -4,
};
const deepest = 8;

/** Where the value that starts at a position ends. @throws MalformedAmqp when it does not end within the bytes. */
export function valueEnd(bytes: Buffer, position: number, depth = 0): number {
  const code = bytes[position];
  if (code === undefined || depth > deepest) throw new MalformedAmqp('A value is cut off or nested too deep.');
  if (code === 0) return valueEnd(bytes, valueEnd(bytes, position + 1, depth + 1), depth + 1);
  const width = widths[code >> 4];
  if (width === undefined) throw new MalformedAmqp(`0x${code.toString(16)} is no AMQP format code.`);
  const end =
    width >= 0
      ? position + 1 + width
      : width === -1
        ? position + 2 + (bytes[position + 1] ?? Number.NaN)
        : position + 5 + (position + 5 <= bytes.length ? bytes.readUInt32BE(position + 1) : Number.NaN);
  if (!(end <= bytes.length)) throw new MalformedAmqp('A value is longer than the bytes that hold it.');
  return end;
}

/** The items of an encoded list or map, each as its own bytes. @throws MalformedAmqp */
export function encodedItems(bytes: Buffer, position: number): Buffer[] {
  const end = valueEnd(bytes, position);
  const code = bytes[position];
  if (code === 0x45) return [];
  const wide = code === 0xd0 || code === 0xd1;
  if (!wide && code !== 0xc0 && code !== 0xc1) throw new MalformedAmqp('A list or map was expected.');
  const count = wide ? bytes.readUInt32BE(position + 5) : bytes.readUInt8(position + 2);
  const items: Buffer[] = [];
  let next = position + (wide ? 9 : 3);
  // A count may lie: what is read is bounded by the bytes, not by the count.
  for (let i = 0; i < count; i++) {
    const itemEnd = valueEnd(bytes, next);
    if (itemEnd > end) throw new MalformedAmqp('A list or map holds more than its size says.');
    items.push(bytes.subarray(next, itemEnd));
    next = itemEnd;
  }
  return items;
}

/** An encoded map whose keys are strings or symbols. @throws MalformedAmqp */
export function encodedMap(bytes: Buffer, position = 0): EncodedMap {
  const items = encodedItems(bytes, position);
  if (items.length % 2 !== 0) throw new MalformedAmqp('A map has a key without a value.');
  const map: EncodedMap = new Map();
  for (let i = 0; i < items.length; i += 2) {
    const [key, value] = [items[i], items[i + 1]];
    if (key !== undefined && value !== undefined) map.set(textOf(key), value);
  }
  return map;
}

/** The text of an encoded string or symbol. @throws MalformedAmqp */
export function textOf(value: Buffer): string {
  const code = value[0];
  if (code === 0xa1 || code === 0xa3) return value.toString('utf8', 2);
  if (code === 0xb1 || code === 0xb3) return value.toString('utf8', 5);
  throw new MalformedAmqp('A string or symbol was expected.');
}

/** A text as an AMQP string, or as a symbol. */
export function encodeText(text: string, kind: 'string' | 'symbol' = 'string'): Buffer {
  const size = Buffer.byteLength(text);
  const short = size < 256;
  const bytes = Buffer.allocUnsafe((short ? 2 : 5) + size);
  const code = (kind === 'string' ? 0xa1 : 0xa3) | (short ? 0 : 0x10);
  bytes[0] = code;
  if (short) bytes[1] = size;
  else bytes.writeUInt32BE(size, 1);
  bytes.write(text, short ? 2 : 5);
  return bytes;
}

/** Items as a list (0xd0) or, keys and values in turn, a map (0xd1). */
function compound(code: 0xd0 | 0xd1, items: readonly Buffer[]): Buffer {
  const head = Buffer.allocUnsafe(9);
  head[0] = code;
  head.writeUInt32BE(
    items.reduce((sum, { length }) => sum + length, 4),
    1,
  );
  head.writeUInt32BE(items.length, 5);
  return Buffer.concat([head, ...items]);
}

export const encodeList = (items: readonly Buffer[]): Buffer => compound(0xd0, items);

/** @param keys strings in application properties, symbols in annotations (AMQP 1.0, 3.2). */
export const encodeMap = (map: EncodedMap, keys: 'string' | 'symbol'): Buffer =>
  compound(
    0xd1,
    [...map].flatMap(([key, value]) => [encodeText(key, keys), value]),
  );
