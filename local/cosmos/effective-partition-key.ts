import { murmur3 } from './murmur3.ts';

/**
 * Effective partition key, version 2: the upper-case hex by which the service spreads keys over ranges. A single key is
 * hashed as one; of a hierarchical one each component by itself, joined, so that a prefix of the key is a prefix of its
 * hash. A hash is the 128 bits of MurmurHash3 in reverse order of bytes with the topmost two bits cleared.
 * @param partition the key as a JSON array.
 */
export function effectivePartitionKey(partition: string, hierarchical: boolean): string {
  const components = (JSON.parse(partition) as unknown[]).map(bytesOf);
  return (hierarchical ? components : [Buffer.concat(components)]).map(hash).join('');
}

function hash(bytes: Buffer): string {
  const digest = murmur3(bytes).reverse();
  digest.writeUInt8(digest.readUInt8(0) & 0x3f, 0);
  return digest.toString('hex').toUpperCase();
}

/** A component as it is hashed: a byte for its type, its value, after text one more byte. */
function bytesOf(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.concat([Buffer.of(0x08), Buffer.from(value), Buffer.of(0xff)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes.writeUInt8(0x05);
    bytes.writeDoubleLE(value, 1);
    return bytes;
  }
  if (value === null) return Buffer.of(0x01);
  if (typeof value === 'boolean') return Buffer.of(value ? 0x03 : 0x02);
  return Buffer.of(0x00);
}
