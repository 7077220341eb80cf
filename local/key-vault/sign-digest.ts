import { constants, createHash, type KeyObject, privateEncrypt, randomBytes } from 'node:crypto';

/** Signature algorithms over a SHA-256 digest (RFC 7518 sections 3.3 and 3.5). */
export type SignatureAlgorithm = 'RS256' | 'PS256';

export const isSignatureAlgorithm = (name: unknown): name is SignatureAlgorithm => name === 'RS256' || name === 'PS256';

const digestBytes = 32;
/** DER of the DigestInfo of SHA-256, without the digest (RFC 8017 section 9.2, note 1). */
const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/**
 * Signs a digest, as Key Vault does: the caller hashes. Node only signs messages that it hashes itself, so the padding is
 * made here.
 * @throws RangeError when the digest is not of SHA-256
 */
export function signDigest(algorithm: SignatureAlgorithm, key: KeyObject, digest: Buffer): Buffer {
  if (digest.length !== digestBytes) throw new RangeError('The digest should be one of SHA-256: 32 bytes.');
  if (algorithm === 'RS256')
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([digestInfo, digest]));
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encodePss(digest, bits - 1));
}

/** EMSA-PSS with a salt as long as the digest (RFC 8017 section 9.1.1). @param bits of the encoded message */
function encodePss(digest: Buffer, bits: number): Buffer {
  const length = Math.ceil(bits / 8);
  const salt = randomBytes(digestBytes);
  const hash = createHash('sha256')
    .update(Buffer.concat([Buffer.alloc(8), digest, salt]))
    .digest();
  const block = Buffer.concat([Buffer.alloc(length - 2 * digestBytes - 2), Buffer.of(1), salt]);
  const mask = maskOf(hash, block.length);
  const masked = block.map((byte, index) => byte ^ (mask[index] ?? 0));
  masked[0] = (masked[0] ?? 0) & (0xff >> (8 * length - bits));
  return Buffer.concat([masked, hash, Buffer.of(0xbc)]);
}

/** MGF1 with SHA-256 (RFC 8017 appendix B.2.1). */
function maskOf(seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0; blocks.length * digestBytes < length; counter++) {
    const suffix = Buffer.alloc(4);
    suffix.writeUInt32BE(counter);
    blocks.push(createHash('sha256').update(seed).update(suffix).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}
