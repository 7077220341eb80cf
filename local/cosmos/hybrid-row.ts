import { crc32 } from 'node:zlib';
import { badRequest } from './errors.ts';

/**
 * HybridRow in RecordIO, as the .NET client writes batches: after a segment row, a record for every operation (its
 * length, its CRC-32) and the operation's row. A row is 0x81, the schema's number, a bit for every property that is
 * present, fixed and variable properties in the schema's order, then sparse ones (type code, place in the schema, value).
 */
const segmentSchema = 0x7fffd8f0;
const recordSchema = 0x7fffd8f1;
const operationSchema = 2145473648;
const resultSchema = 2145473649;
const recordHead = 13;

const operationTypes: Readonly<Record<number, string>> = {
  0: 'Create',
  1: 'Patch',
  2: 'Read',
  4: 'Delete',
  5: 'Replace',
  20: 'Upsert',
};
const sparseNames: Readonly<Record<number, string>> = {
  8: 'indexingDirective',
  9: 'ifMatch',
  10: 'ifNoneMatch',
  11: 'timeToLiveInSeconds',
  12: 'minimalReturnPreference',
};
const sparse = { null: 1, false: 2, true: 3, int32: 7, uint32: 11, float64: 16, utf8: 20 } as const;

/** An operation as it is written: `partitionKey` and `resourceBody` are JSON texts. */
export type RowOperation = Readonly<Record<string, string | number | boolean>>;

export const isHybridRow = (body: Buffer): boolean => body[0] === 0x81;

/** The operations of a batch. @throws CosmosError 400 for bytes that are no such batch. */
export function readRows(body: Buffer): RowOperation[] {
  try {
    const operations: RowOperation[] = [];
    let at = body.readInt32LE(6);
    while (at < body.length) {
      const length = body.readInt32LE(at + 5);
      const row = body.subarray(at + recordHead, at + recordHead + length);
      if (body.readUInt32LE(at + 1) !== recordSchema || length < 6 || row.length !== length) throw new RangeError();
      if (crc32(row) !== body.readUInt32LE(at + 9)) throw new RangeError();
      operations.push(readOperation(row));
      at += recordHead + length;
    }
    return operations;
  } catch (error) {
    if (error instanceof RangeError) throw badRequest('The batch is not a sound sequence of HybridRow records.');
    throw error;
  }
}

function readOperation(row: Buffer): RowOperation {
  if (row.readUInt32LE(1) !== operationSchema) throw new RangeError();
  const operation: Record<string, string | number | boolean> = {};
  const present = row.readUInt8(5);
  const cursor = { row, at: 6 };
  if (present & 1) operation['operationType'] = operationTypes[int32(cursor)] ?? 'unknown';
  if (present & 2) operation['resourceType'] = int32(cursor);
  for (const [bit, name] of [
    [4, 'partitionKey'],
    [8, 'effectivePartitionKey'],
    [16, 'id'],
    [32, 'binaryId'],
    [64, 'resourceBody'],
  ] as const)
    if (present & bit) operation[name] = text(cursor);
  while (cursor.at < row.length) {
    const code = row.readUInt8(cursor.at++);
    const name = sparseNames[row.readUInt8(cursor.at++)] ?? 'unknown';
    if (code === sparse.utf8) operation[name] = text(cursor);
    else if (code === sparse.int32) operation[name] = int32(cursor);
    else if (code === sparse.true || code === sparse.false) operation[name] = code === sparse.true;
    else if (code !== sparse.null) throw new RangeError();
  }
  return operation;
}

interface Cursor {
  readonly row: Buffer;
  at: number;
}

function int32(cursor: Cursor): number {
  const value = cursor.row.readInt32LE(cursor.at);
  cursor.at += 4;
  return value;
}

function text(cursor: Cursor): string {
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = cursor.row.readUInt8(cursor.at++);
    length |= (byte & 127) << shift;
    if (byte < 128) break;
    if (shift > 21) throw new RangeError();
  }
  if (cursor.at + length > cursor.row.length) throw new RangeError();
  const value = cursor.row.toString('utf8', cursor.at, cursor.at + length);
  cursor.at += length;
  return value;
}

/** What became of one operation. */
export interface RowResult {
  readonly status: number;
  readonly substatus?: number | undefined;
  readonly etag?: string | undefined;
  readonly body?: string | undefined;
  readonly charge: number;
  readonly retryAfter?: number | undefined;
}

/** The answer to such a batch. */
export function writeRows(results: readonly RowResult[]): Buffer {
  const parts: Buffer[] = [head(segmentSchema, 1), i32(10)];
  for (const result of results) {
    const row = resultRow(result);
    const record = Buffer.alloc(recordHead);
    head(recordSchema, 0).copy(record);
    record.writeInt32LE(row.length, 5);
    record.writeUInt32LE(crc32(row), 9);
    parts.push(record, row);
  }
  return Buffer.concat(parts);
}

function resultRow({ status, substatus, etag, body, charge, retryAfter }: RowResult): Buffer {
  const present = 3 | (etag === undefined ? 0 : 4) | (body === undefined ? 0 : 8);
  const parts = [head(resultSchema, present), i32(status), i32(substatus ?? 0)];
  for (const value of [etag, body]) {
    if (value === undefined) continue;
    const bytes = Buffer.from(value);
    parts.push(varuint(bytes.length), bytes);
  }
  if (retryAfter !== undefined) {
    const milliseconds = Buffer.alloc(4);
    milliseconds.writeUInt32LE(retryAfter);
    parts.push(Buffer.of(sparse.uint32, 5), milliseconds);
  }
  const units = Buffer.alloc(8);
  units.writeDoubleLE(charge);
  return Buffer.concat([...parts, Buffer.of(sparse.float64, 6), units]);
}

function head(schema: number, present: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt8(0x81);
  bytes.writeUInt32LE(schema, 1);
  bytes.writeUInt8(present, 5);
  return bytes;
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function varuint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}
