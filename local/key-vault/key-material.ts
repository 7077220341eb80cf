import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { badParameter, notSupported } from './errors.ts';

/** `RSA-HSM` is taken, and kept in software as the other: there is no module in a laptop. */
export type KeyType = 'RSA' | 'RSA-HSM';

export interface KeyMaterial {
  readonly kty: KeyType;
  /** PKCS #8. */
  readonly pem: string;
}

const modulusLengths = [2048, 3072, 4096];

/** Makes a key as `create` asks for it. @throws KeyVaultError 400 for a size that there is not, 501 for other types. */
export function makeKey(given: Readonly<Record<string, unknown>>): KeyMaterial {
  const kty = readType(given['kty']);
  const modulusLength = given['key_size'] ?? 2048;
  if (typeof modulusLength !== 'number' || !modulusLengths.includes(modulusLength))
    throw badParameter(`key_size must be one of ${modulusLengths.join(', ')}.`);
  if ((given['public_exponent'] ?? 65_537) !== 65_537) throw badParameter('public_exponent must be 65537.');
  return { kty, pem: pemOf(generateKeyPairSync('rsa', { modulusLength }).privateKey) };
}

/** Another key of the same type and size: what a rotation makes. */
export const makeSimilar = ({ kty, pem }: KeyMaterial): KeyMaterial => makeKey({ kty, key_size: bitsOf(pem) });

/** Takes a key that was made elsewhere, as JSON Web Key. @throws KeyVaultError 400. */
export function importKey(given: unknown): KeyMaterial {
  if (typeof given !== 'object' || given === null) throw badParameter('key must be a JSON Web Key.');
  const kty = readType(Reflect.get(given, 'kty'));
  let pem: string;
  try {
    pem = pemOf(createPrivateKey({ key: { ...given, kty: 'RSA' } as JsonWebKey, format: 'jwk' }));
  } catch {
    throw badParameter('key is no whole private key: n, e, d, p, q, dp, dq and qi are needed.');
  }
  if (!modulusLengths.includes(bitsOf(pem))) throw badParameter(`A key has one of ${modulusLengths.join(', ')} bits.`);
  return { kty, pem };
}

/** What everybody may know of a key, as JSON Web Key. */
export function publicPart({ kty, pem }: KeyMaterial): JsonWebKey {
  const { n, e } = createPublicKey(pem).export({ format: 'jwk' });
  return { kty, ...(n !== undefined && { n }), ...(e !== undefined && { e }) };
}

/** Bits of the modulus. */
export const bitsOf = (pem: string): number => createPrivateKey(pem).asymmetricKeyDetails?.modulusLength ?? 0;

function readType(given: unknown): KeyType {
  if (given === 'RSA' || given === 'RSA-HSM') return given;
  if (['EC', 'EC-HSM', 'oct', 'oct-HSM'].includes(String(given))) throw notSupported(`A key of the type ${given}`);
  throw badParameter('kty must be RSA or RSA-HSM.');
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
