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
  /** Derived from the trust's data keys (HKDF, RFC 5869): seals with the present one, opens what the others sealed. */
  trustKey(trust: Ods, purpose: KeyPurpose): Promise<SealKey>;
  /** Seals a patient's key with the present data key; undefined: it is sealed with it already. */
  wrapAnew(trust: Ods, wrapped: string): Promise<string | undefined>;
  /** Keyed hash of a search term: the hash key's version and 22 characters of base64url (132 bits). */
  hash(trust: Ods, term: string): Promise<string>;
  /** All hashes that a term may be found under: one, and two while the hash key is changed. The present one is first. */
  hashes(trust: Ods, term: string): Promise<readonly string[]>;
  /** The version that {@link hash} names. */
  hashVersion(trust: Ods): Promise<string>;
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
  const derive = async (trust: Ods, version: string, purpose: string): Promise<SealKey> => {
    const { secret } = await dataKeys.byVersion(trust, version);
    return { version, secret: derived(secret, `${trust}|${purpose}`) };
  };
  const present = async (trust: Ods, purpose: string): Promise<SealKey> =>
    derive(trust, (await dataKeys.state(trust)).data.write, purpose);
  const hashWith = async (trust: Ods, version: string, term: string): Promise<string> =>
    `${version}.${hmac((await dataKeys.byVersion(trust, version)).secret, term).slice(0, hashLength)}`;
  const signature = async (trust: Ods, purpose: string, text: string, version: string): Promise<string> =>
    `${version}.${hmac((await derive(trust, version, `sign|${purpose}`)).secret, text)}`;
  const patientAad = (trust: Ods): string => `${trust}|patient-key`;
  const wrap = async (trust: Ods, bytes: Uint8Array): Promise<string> =>
    seal(await present(trust, 'patient-keys'), Buffer.from(bytes).toString('base64url'), patientAad(trust));
  const unwrap = async (trust: Ods, wrapped: string): Promise<Uint8Array> => {
    const wrapping = await derive(trust, sealedWith(wrapped), 'patient-keys');
    return Buffer.from(unseal<string>(wrapping, wrapped, patientAad(trust)), 'base64url');
  };

  return {
    async newPatientKey(trust) {
      const bytes = Buffer.from(random(keyLength));
      return { wrapped: await wrap(trust, bytes), key: patientKeyOf(bytes) };
    },
    openPatientKey: async (trust, wrapped) => patientKeyOf(await unwrap(trust, wrapped)),
    async wrapAnew(trust, wrapped) {
      const { write } = (await dataKeys.state(trust)).data;
      return sealedWith(wrapped) === write ? undefined : wrap(trust, await unwrap(trust, wrapped));
    },
    async trustKey(trust, purpose) {
      const { write, read } = (await dataKeys.state(trust)).data;
      const key = await derive(trust, write, `trust|${purpose}`);
      if (read.length === 1) return key;
      const others = read.filter((version) => version !== write);
      return {
        ...key,
        others: await Promise.all(others.map((version) => derive(trust, version, `trust|${purpose}`))),
      };
    },
    hash: async (trust, term) => hashWith(trust, (await dataKeys.state(trust)).hash.write, term),
    async hashes(trust, term) {
      const { write, read } = (await dataKeys.state(trust)).hash;
      const versions = [write, ...read.filter((version) => version !== write)];
      return Promise.all(versions.map((version) => hashWith(trust, version, term)));
    },
    hashVersion: async (trust) => (await dataKeys.state(trust)).hash.write,
    sign: async (trust, purpose, text) => signature(trust, purpose, text, (await dataKeys.state(trust)).data.write),
    async verify(trust, purpose, text, given) {
      const version = given.slice(0, given.indexOf('.'));
      if (!(await dataKeys.state(trust)).data.read.includes(version)) return false;
      const expected = Buffer.from(await signature(trust, purpose, text, version));
      const actual = Buffer.from(given);
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    },
  };
}

/** A patient has one key in all its life; erasure destroys it. */
const patientKeyOf = (bytes: Uint8Array): SealKey => ({ version: 'p1', secret: createSecretKey(bytes) });

const derivedKeys = new WeakMap<KeyObject, Map<string, KeyObject>>();

/** Purposes are few. A derived key is kept as long as the key that it comes from: no longer than the vault allows. */
function derived(secret: KeyObject, info: string): KeyObject {
  const known = derivedKeys.get(secret) ?? new Map<string, KeyObject>();
  derivedKeys.set(secret, known);
  const key =
    known.get(info) ?? createSecretKey(Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), info, keyLength)));
  known.set(info, key);
  return key;
}

const hmac = (secret: KeyObject, text: string): string => createHmac('sha256', secret).update(text).digest('base64url');
