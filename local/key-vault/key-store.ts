import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { KeyMaterial, KeyType } from './key-material.ts';

/** What a key may be used for, unless it was made for less. */
export const allOperations: readonly string[] = ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'];

/** One version of a key. Times are seconds since 1970. */
export interface KeyVersion extends KeyMaterial {
  readonly name: string;
  readonly version: string;
  readonly created: number;
  readonly updated: number;
  readonly enabled: boolean;
  readonly operations: readonly string[];
  readonly expires?: number;
  readonly notBefore?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** All versions of a key, the oldest first. */
export interface Key {
  readonly name: string;
  readonly versions: readonly KeyVersion[];
  readonly rotationPolicy?: object;
  /** Set while it can be recovered. */
  readonly deleted?: number;
}

interface Stored {
  readonly name: string;
  readonly version: string;
  readonly created: number;
  readonly pem: string;
  readonly kty?: KeyType;
  readonly updated?: number;
  readonly enabled?: boolean;
  readonly operations?: readonly string[];
  readonly expires?: number;
  readonly notBefore?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

interface KeyFacts {
  readonly name: string;
  readonly rotationPolicy?: object;
  readonly deleted?: number;
}

/** The vault's keys in `<state>/keys.json` and what else is known of them in `key-facts.json` (mode 600). */
export class KeyStore {
  readonly #folder: string;
  #versions: KeyVersion[];
  #facts: KeyFacts[];

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
    this.#versions = read<Stored>(join(folder, 'keys.json')).map((one) => ({
      ...one,
      kty: one.kty ?? 'RSA',
      updated: one.updated ?? one.created,
      enabled: one.enabled ?? true,
      operations: one.operations ?? allOperations,
    }));
    this.#facts = read<KeyFacts>(join(folder, 'key-facts.json'));
  }

  /** All keys by name, the deleted ones too. */
  all(): Key[] {
    const names = new Set(this.#versions.map(({ name }) => name));
    return [...names].sort().map((name) => this.#keyOf(name));
  }

  /** Names are compared without regard to case. */
  find(name: string): Key | undefined {
    const known = this.#versions.find((one) => one.name.toLowerCase() === name.toLowerCase());
    return known === undefined ? undefined : this.#keyOf(known.name);
  }

  /** Adds a version; it is durable when this returns. @param now seconds since 1970. */
  add(
    name: string,
    material: KeyMaterial,
    now: number,
    more: Pick<KeyVersion, 'enabled' | 'operations' | 'expires' | 'notBefore' | 'tags'>,
  ): KeyVersion {
    const version = randomBytes(16).toString('hex');
    const added: KeyVersion = { name, version, created: now, updated: now, ...material, ...more };
    this.#versions.push(added);
    this.#save();
    return added;
  }

  replace(changed: KeyVersion): void {
    this.#versions = this.#versions.map((one) =>
      one.name === changed.name && one.version === changed.version ? changed : one,
    );
    this.#save();
  }

  setFacts(facts: KeyFacts): void {
    this.#facts = [...this.#facts.filter(({ name }) => name !== facts.name), facts];
    this.#write('key-facts.json', this.#facts);
  }

  /** Removes a key for good. */
  purge(name: string): void {
    this.#versions = this.#versions.filter((one) => one.name !== name);
    this.#facts = this.#facts.filter((one) => one.name !== name);
    this.#save();
    this.#write('key-facts.json', this.#facts);
  }

  #keyOf(name: string): Key {
    const facts = this.#facts.find((one) => one.name === name);
    return { ...facts, name, versions: this.#versions.filter((one) => one.name === name) };
  }

  #save(): void {
    this.#write('keys.json', this.#versions);
  }

  /** A new file takes the old one's place, so that a crash leaves one of them whole. */
  #write(file: string, content: object): void {
    const path = join(this.#folder, file);
    writeFileSync(`${path}.new`, JSON.stringify(content), { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
    const folder = openSync(this.#folder, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }
}

const read = <T>(file: string): T[] => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []);
