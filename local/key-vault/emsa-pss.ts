import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * The encoding of RSASSA-PSS for a digest that was made elsewhere (RFC 8017 section 9.1, MGF1 with the same hash, salt as
 * long as the digest): Node signs messages, while a vault is given digests.
 * @param bits of the modulus.
 */
export function encodePss(digest: Buffer, hash: string, bits: number, salt: Buffer): Buffer {
  const [length, tag] = [Math.ceil((bits - 1) / 8), hashOf(hash, Buffer.alloc(8), digest, salt)];
  const block = Buffer.alloc(length - tag.length - 1);
  block[block.length - salt.length - 1] = 1;
  salt.copy(block, block.length - salt.length);
  const masked = mask(block, tag, hash, bits);
  return Buffer.concat([masked, tag, Buffer.from([0xbc])]);
}

/** Whether an encoding is one of the digest. */
export function isPssOf(digest: Buffer, hash: string, bits: number, encoded: Buffer): boolean {
  const tagAt = encoded.length - digest.length - 1;
  if (encoded.at(-1) !== 0xbc || tagAt < digest.length + 1) return false;
  const tag = encoded.subarray(tagAt, -1);
  const block = mask(encoded.subarray(0, tagAt), tag, hash, bits);
  const salt = block.subarray(-digest.length);
  const padding = block.subarray(0, -digest.length - 1);
  if (padding.some((byte) => byte !== 0) || block.at(-digest.length - 1) !== 1) return false;
  return timingSafeEqual(hashOf(hash, Buffer.alloc(8), digest, salt), tag);
}

const hashOf = (hash: string, ...parts: Buffer[]): Buffer => createHash(hash).update(Buffer.concat(parts)).digest();

/** Applies the mask that MGF1 makes of the tag (RFC 8017 appendix B.2.1); applied twice it is gone. */
function mask(block: Buffer, tag: Buffer, hash: string, bits: number): Buffer {
  const masked = Buffer.from(block);
  for (let at = 0, counter = 0; at < masked.length; counter++) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(counter);
    for (const byte of hashOf(hash, tag, number)) if (at < masked.length) masked[at] = (masked[at++] ?? 0) ^ byte;
  }
  const unused = 8 * (masked.length + tag.length + 1) - (bits - 1);
  masked[0] = (masked[0] ?? 0) & (0xff >> unused);
  return masked;
}
