import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { WardlineError } from '../errors.ts';

const keyLength = 32;
const ivLength = 12;
const tagLength = 16;

/**
 * AES-256-GCM of a whole file under a key of its own, which seals nothing else: whoever is given the key keeps it sealed.
 * @param aad where the file belongs: it opens nowhere else
 */
export function sealBytes(plain: Uint8Array, aad: string): { readonly key: string; readonly sealed: Uint8Array } {
  const key = randomBytes(keyLength);
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagLength }).setAAD(Buffer.from(aad));
  const body = [cipher.update(plain), cipher.final()];
  return { key: key.toString('base64url'), sealed: Buffer.concat([iv, cipher.getAuthTag(), ...body]) };
}

/**
 * Opens what {@link sealBytes} made.
 * @throws WardlineError `internal` when the file was altered, moved, or sealed with another key
 */
export function unsealBytes(key: string, sealed: Uint8Array, aad: string): Uint8Array {
  try {
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key, 'base64url'), sealed.subarray(0, ivLength), {
      authTagLength: tagLength,
    })
      .setAAD(Buffer.from(aad))
      .setAuthTag(sealed.subarray(ivLength, ivLength + tagLength));
    return Buffer.concat([decipher.update(sealed.subarray(ivLength + tagLength)), decipher.final()]);
  } catch (cause) {
    throw new WardlineError('internal', 'A sealed file does not open: it was altered or moved.', { cause });
  }
}
