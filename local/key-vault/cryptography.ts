import {
  constants,
  createPrivateKey,
  createPublicKey,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { encodePss, isPssOf } from './emsa-pss.ts';
import { badParameter } from './errors.ts';
import { bitsOf } from './key-material.ts';

const oaep = (oaepHash: string) => ({ padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash });
/** https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#wrapkeyunwrapkey-encryptdecrypt */
const encryptions: Readonly<Record<string, { readonly padding: number; readonly oaepHash?: string }>> = {
  RSA1_5: { padding: constants.RSA_PKCS1_PADDING },
  'RSA-OAEP': oaep('sha1'),
  'RSA-OAEP-256': oaep('sha256'),
};

interface Signature {
  readonly hash: string;
  readonly length: number;
  /** What stands before the digest in PKCS #1 v1.5 (RFC 8017 section 9.2, note 1), in hex; undefined: PSS. */
  readonly prefix: string | undefined;
}

/** https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#signverify */
const signatures: Readonly<Record<string, Signature>> = {
  RS256: { hash: 'sha256', length: 32, prefix: '3031300d060960864801650304020105000420' },
  RS384: { hash: 'sha384', length: 48, prefix: '3041300d060960864801650304020205000430' },
  RS512: { hash: 'sha512', length: 64, prefix: '3051300d060960864801650304020305000440' },
  PS256: { hash: 'sha256', length: 32, prefix: undefined },
  PS384: { hash: 'sha384', length: 48, prefix: undefined },
  PS512: { hash: 'sha512', length: 64, prefix: undefined },
};

/** @param pem the private key. @throws KeyVaultError 400 for an unknown algorithm or a value that is too long. */
export function encryptWith(pem: string, algorithm: unknown, value: Buffer): Buffer {
  const how = encryptionOf(algorithm);
  try {
    return publicEncrypt({ key: createPublicKey(pem), ...how }, value);
  } catch {
    throw badParameter(`A value of ${value.length} bytes is too long for ${algorithm} with this key.`);
  }
}

/** @throws KeyVaultError 400 for what was encrypted with another key or algorithm, or was altered. */
export function decryptWith(pem: string, algorithm: unknown, value: Buffer): Buffer {
  const how = encryptionOf(algorithm);
  try {
    return privateDecrypt({ key: createPrivateKey(pem), ...how }, value);
  } catch {
    throw badParameter('The value was not encrypted with this key and algorithm.');
  }
}

/** Signs a digest. @throws KeyVaultError 400 for an unknown algorithm or a digest of another length. */
export function signWith(pem: string, algorithm: unknown, digest: Buffer): Buffer {
  const { hash, prefix } = signatureOf(algorithm, digest);
  const key = createPrivateKey(pem);
  if (prefix === undefined) {
    const encoded = encodePss(digest, hash, bitsOf(pem), randomBytes(digest.length));
    return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);
  }
  return privateEncrypt(
    { key, padding: constants.RSA_PKCS1_PADDING },
    Buffer.concat([Buffer.from(prefix, 'hex'), digest]),
  );
}

/** Whether a signature is one of the digest. @throws KeyVaultError 400 as signing does. */
export function verifyWith(pem: string, algorithm: unknown, digest: Buffer, signature: Buffer): boolean {
  const { hash, prefix } = signatureOf(algorithm, digest);
  const key = createPublicKey(pem);
  try {
    if (prefix === undefined) {
      const encoded = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
      return isPssOf(digest, hash, bitsOf(pem), encoded);
    }
    const encoded = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
    return encoded.equals(Buffer.concat([Buffer.from(prefix, 'hex'), digest]));
  } catch {
    // Bytes that are no signature of this key do not even decode.
    return false;
  }
}

function encryptionOf(algorithm: unknown) {
  const found = encryptions[String(algorithm)];
  if (found === undefined) throw badParameter(`alg must be one of ${Object.keys(encryptions).join(', ')}.`);
  return found;
}

function signatureOf(algorithm: unknown, digest: Buffer): Signature {
  const found = signatures[String(algorithm)];
  if (found === undefined) throw badParameter(`alg must be one of ${Object.keys(signatures).join(', ')}.`);
  if (digest.length !== found.length)
    throw badParameter(`${algorithm} signs a digest of ${found.length} bytes, not of ${digest.length}.`);
  return found;
}
