import { crc32 } from 'node:zlib';

/** Numbers of the operations in HybridRow, as the .NET client writes them. */
const types = { Create: 0, Patch: 1, Read: 2, Delete: 4, Replace: 5, Upsert: 20 } as const;

export interface BinaryOperation {
  readonly type: keyof typeof types;
  readonly partitionKey?: string;
  readonly id?: string;
  readonly body?: unknown;
  readonly ifMatch?: string;
}

/** A batch in the bytes of the .NET client: a segment row, then a record for every operation. */
export function binaryBatch(operations: readonly BinaryOperation[]): Buffer {
  const segment = Buffer.from('81f0d8ff7f010a000000', 'hex');
  return Buffer.concat([segment, ...operations.map(operationRow).flatMap((row) => [recordHead(row), row])]);
}

function recordHead(row: Buffer): Buffer {
  const head = Buffer.from('81f1d8ff7f0000000000000000', 'hex');
  head.writeInt32LE(row.length, 5);
  head.writeUInt32LE(crc32(row), 9);
  return head;
}

function operationRow({ type, partitionKey, id, body, ifMatch }: BinaryOperation): Buffer {
  const texts = [partitionKey, undefined, id, undefined, body === undefined ? undefined : JSON.stringify(body)];
  const bits = texts.reduce((sum, text, index) => (text === undefined ? sum : sum | (4 << index)), 3);
  const head = Buffer.from('8170e4e07f00', 'hex');
  head.writeUInt32LE(2145473648, 1);
  head.writeUInt8(bits, 5);
  const numbers = Buffer.alloc(8);
  numbers.writeInt32LE(types[type], 0);
  numbers.writeInt32LE(2, 4);
  const variable = texts.flatMap((text) => (text === undefined ? [] : [withLength(text)]));
  const sparse = ifMatch === undefined ? [] : [Buffer.of(20, 9), withLength(ifMatch)];
  return Buffer.concat([head, numbers, ...variable, ...sparse]);
}

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

/** Status codes and bodies of a binary answer. */
export function binaryResults(answer: Buffer): { status: number; body: Record<string, unknown> | undefined }[] {
  const results: { status: number; body: Record<string, unknown> | undefined }[] = [];
  let at = 10;
  while (at < answer.length) {
    const length = answer.readInt32LE(at + 5);
    const row = answer.subarray(at + 13, at + 13 + length);
    if (crc32(row) !== answer.readUInt32LE(at + 9)) throw new Error('The checksum of a record is wrong.');
    results.push(resultOf(row));
    at += 13 + length;
  }
  return results;
}

function resultOf(row: Buffer): { status: number; body: Record<string, unknown> | undefined } {
  const bits = row.readUInt8(5);
  let at = 14;
  const text = (): string => {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = row.readUInt8(at++);
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    at += length;
    return row.toString('utf8', at - length, at);
  };
  if (bits & 4) text();
  return { status: row.readInt32LE(6), body: bits & 8 ? JSON.parse(text()) : undefined };
}
