import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Documents } from '../azure/documents.ts';
import type { Vault } from '../azure/vault.ts';
import type { Clock, Ods } from '../context.ts';
import { createDataKeys } from './data-keys.ts';
import { type SealKey, seal, sealedWith, unseal } from './seal.ts';

/** Keys of a trust that belong to no single patient. */
export type KeyPurpose = 'reference' | 'boards' | 'status' | 'lookup' | 'cursor';

/** Every key of every trust of this deployment. No key leaves it but as an opaque {@link SealKey}. */
export interface Keyring {
  /** A random key for a new patient; `wrapped` is what the patient's head keeps. */
  newPatientKey(trust: Ods): Promise<{ wrapped: string; key: SealKey }>;
  /** @throws WardlineError `internal` when `wrapped` was altered or belongs to another trust */
  openPatientKey(trust: Ods, wrapped: string): Promise<SealKey>;
  /** Derived from the trust's data key (HKDF, RFC 5869). */
  trustKey(trust: Ods, purpose: KeyPurpose): Promise<SealKey>;
  /** Keyed hash of a search term: the hash key's version and 22 characters of base64url (132 bits). */
  hash(trust: Ods, term: string): Promise<string>;
  /** HMAC-SHA256 of `text` for one purpose, so that a signature for one thing is worth nothing for another. */
  sign(trust: Ods, purpose: string, text: string): Promise<string>;
  /** Whether `signature` is what {@link sign} made. */
  verify(trust: Ods, purpose: string, text: string, signature: string): Promise<boolean>;
}

export interface KeyringDependencies {
  readonly documents: Documents;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random?: (size: number) => Uint8Array;
}

const keyLength = 32;
const hashLength = 22;

/** The keyring of this process; data keys are unwrapped on first use. */
export function createKeyring({ documents, vault, clock, random = randomBytes }: KeyringDependencies): Keyring {
  const dataKeys = createDataKeys({ documents, vault, clock, random });
  /** Purposes are few, so none is ever forgotten. */
  const derivedKeys = new Map<string, SealKey>();
  const derive = async (trust: Ods, version: string, purpose: string): Promise<SealKey> => {
    const name = `${trust}|${version}|${purpose}`;
    const known = derivedKeys.get(name);
    if (known !== undefined) return known;
    const { secret } = await dataKeys.byVersion(trust, version);
    const key = { version, secret: derived(secret, `${trust}|${purpose}`) };
    derivedKeys.set(name, key);
    return key;
  };
  const current = (trust: Ods, purpose: string): Promise<SealKey> => derive(trust, dataKeys.current('data'), purpose);
  const signature = async (trust: Ods, purpose: string, text: string, version: string): Promise<string> =>
    `${version}.${hmac((await derive(trust, version, `sign|${purpose}`)).secret, text)}`;
  const patientAad = (trust: Ods): string => `${trust}|patient-key`;

  return {
    async newPatientKey(trust) {
      const bytes = Buffer.from(random(keyLength));
      const wrapping = await current(trust, 'patient-keys');
      return { wrapped: seal(wrapping, bytes.toString('base64url'), patientAad(trust)), key: patientKeyOf(bytes) };
    },
    async openPatientKey(trust, wrapped) {
      const wrapping = await derive(trust, sealedWith(wrapped), 'patient-keys');
      return patientKeyOf(Buffer.from(unseal<string>(wrapping, wrapped, patientAad(trust)), 'base64url'));
    },
    trustKey: (trust, purpose) => current(trust, `trust|${purpose}`),
    async hash(trust, term) {
      const { version, secret } = await dataKeys.byVersion(trust, dataKeys.current('hash'));
      return `${version}.${hmac(secret, term).slice(0, hashLength)}`;
    },
    sign: (trust, purpose, text) => signature(trust, purpose, text, dataKeys.current('data')),
    async verify(trust, purpose, text, given) {
      const version = given.slice(0, given.indexOf('.'));
      if (!dataKeys.known(version)) return false;
      const expected = Buffer.from(await signature(trust, purpose, text, version));
      const actual = Buffer.from(given);
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    },
  };
}

/** A patient has one key in all its life; erasure destroys it. */
const patientKeyOf = (bytes: Uint8Array): SealKey => ({ version: 'p1', secret: createSecretKey(bytes) });

const derived = (secret: KeyObject, info: string): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), info, keyLength)));

const hmac = (secret: KeyObject, text: string): string => createHmac('sha256', secret).update(text).digest('base64url');
