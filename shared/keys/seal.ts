import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { WardlineError } from '../errors.ts';

/** A key for {@link seal}; its bytes stay in an opaque KeyObject. */
export interface SealKey {
  /** Named in every ciphertext, so that a key can be followed by another. */
  readonly version: string;
  /** 256 bits. */
  readonly secret: KeyObject;
  /** Other versions of the same key: they open what was sealed with them, and seal nothing. */
  readonly others?: readonly SealKey[];
}

const ivLength = 12;
const tagLength = 16;
/** Above this many bytes the text is compressed before it is sealed: FHIR JSON shrinks to a fifth. */
const compressAbove = 4096;
const plainMark = 0;
const compressedMark = 1;

/**
 * AES-256-GCM with a random 96-bit IV (NIST SP 800-38D).
 * @param aad where the text belongs: it opens nowhere else
 * @returns `version.base64url(iv, tag, ciphertext)`
 */
export function seal(key: SealKey, plain: unknown, aad: string): string {
  const json = Buffer.from(JSON.stringify(plain));
  const compress = json.length > compressAbove;
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv('aes-256-gcm', key.secret, iv, { authTagLength: tagLength }).setAAD(Buffer.from(aad));
  const body = [
    cipher.update(Buffer.of(compress ? compressedMark : plainMark)),
    cipher.update(compress ? deflateRawSync(json, { level: 1 }) : json),
    cipher.final(),
  ];
  return `${key.version}.${Buffer.concat([iv, cipher.getAuthTag(), ...body]).toString('base64url')}`;
}

/**
 * Opens what {@link seal} made with the same key and `aad`.
 * @throws WardlineError `internal` when the text was altered, moved, or sealed with another key
 */
export function unseal<T>(key: SealKey, sealed: string, aad: string): T {
  const { version, bytes } = partsOf(sealed);
  const fitting = version === key.version ? key : key.others?.find((other) => other.version === version);
  if (fitting === undefined) throw new WardlineError('internal', `Sealed with key version ${version}.`);
  let plain: Buffer;
  try {
    const decipher = createDecipheriv('aes-256-gcm', fitting.secret, bytes.subarray(0, ivLength), {
      authTagLength: tagLength,
    })
      .setAAD(Buffer.from(aad))
      .setAuthTag(bytes.subarray(ivLength, ivLength + tagLength));
    plain = Buffer.concat([decipher.update(bytes.subarray(ivLength + tagLength)), decipher.final()]);
  } catch (cause) {
    throw new WardlineError('internal', 'A sealed text does not open: it was altered or moved.', { cause });
  }
  const content = plain.subarray(1);
  return JSON.parse((plain[0] === compressedMark ? inflateRawSync(content) : content).toString());
}

/** The version of the key that a text is sealed with. */
export const sealedWith = (sealed: string): string => partsOf(sealed).version;

function partsOf(sealed: string): { version: string; bytes: Buffer } {
  const dot = sealed.indexOf('.');
  const bytes = Buffer.from(sealed.slice(dot + 1), 'base64url');
  if (dot < 1 || bytes.length <= ivLength + tagLength) throw new WardlineError('internal', 'Not a sealed text.');
  return { version: sealed.slice(0, dot), bytes };
}
