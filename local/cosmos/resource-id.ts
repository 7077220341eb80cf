/**
 * Resource ids (`_rid`). Clients parse them: base64 of 4 bytes (database), 8 (container: the database's, then four with
 * the topmost bit set) or 16 (item: the container's, then eight whose last byte has a zero high nibble); `/` is written `-`.
 */
export function databaseRid(n: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n);
  return encode(bytes);
}

/** @param database number of the database. @param n number of the container, below 2³¹. */
export function containerRid(database: number, n: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(database);
  bytes.writeUInt32BE((0x80000000 | n) >>> 0, 4);
  return encode(bytes);
}

/** @param row number of the item in the store. */
export function itemRid(container: string, row: number): string {
  const bytes = Buffer.alloc(16);
  decode(container).copy(bytes);
  bytes.writeUIntLE(row, 9, 6);
  return encode(bytes);
}

/** The id of a container's only key range: like an item's, with the high nibble of the last byte set to 5. */
export const keyRangeRid = (container: string): string => childRid(container, 0, 0x50);

const scriptBits = { sprocs: 0x80, triggers: 0x70, udfs: 0x60 };

/** The id of a script: the same with 8, 7 or 6. @param n its number in the store. */
export const scriptRid = (container: string, n: number, kind: keyof typeof scriptBits): string =>
  childRid(container, n, scriptBits[kind]);

function childRid(container: string, n: number, kind: number): string {
  const bytes = Buffer.alloc(16);
  decode(container).copy(bytes);
  bytes.writeUIntLE(n, 9, 6);
  bytes.writeUInt8(kind, 15);
  return encode(bytes);
}

/** The row that an item's resource id names within a container; undefined when it is none of that container. */
export function rowOfRid(container: string, rid: string): number | undefined {
  const bytes = decode(rid);
  if (bytes.length !== 16 || !bytes.subarray(0, 8).equals(decode(container))) return undefined;
  return itemRid(container, bytes.readUIntLE(9, 6)) === rid ? bytes.readUIntLE(9, 6) : undefined;
}

const encode = (bytes: Buffer): string => bytes.toString('base64').replaceAll('/', '-');
const decode = (rid: string): Buffer => Buffer.from(rid.replaceAll('-', '/'), 'base64');
