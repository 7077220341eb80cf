import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';

/** What a key opens: one kind of function, or the host itself. */
export type KeyScope = 'function' | 'admin';

/** Keys as they are kept, by what they open and by name. */
interface KeptKeys {
  masterKey: string;
  functionKeys: Record<string, string>;
  systemKeys: Record<string, string>;
  functions: Record<string, Record<string, string>>;
}

/** A set of keys that has names: those of all functions, of extensions, or of one function. */
export type KeySet =
  | { readonly kind: 'functionKeys' | 'systemKeys' }
  | { readonly kind: 'function'; readonly name: string };

/**
 * The access keys of the app (https://learn.microsoft.com/azure/azure-functions/function-keys-how-to), made at first
 * start and kept in `<state>/keys.json` (mode 600). They come in the header `x-functions-key` or as `code` in the query.
 */
export class HostKeys {
  readonly #file: string;
  readonly #keys: KeptKeys;

  constructor(state: string, functions: readonly string[], systemKeys: Readonly<Record<string, string>> = {}) {
    this.#file = join(state, 'keys.json');
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const kept: KeptKeys = existsSync(this.#file)
      ? JSON.parse(readFileSync(this.#file, 'utf8'))
      : { masterKey: made(), functionKeys: { default: made() }, systemKeys: {}, functions: {} };
    Object.assign(kept.systemKeys, systemKeys);
    for (const name of functions) kept.functions[name] ??= { default: made() };
    this.#keys = kept;
    this.#save();
  }

  /** Whether a request may call a function, or the host's own endpoints where none is named. */
  allows(request: IncomingMessage, url: URL, scope: KeyScope, functionName?: string): boolean {
    const header = request.headers['x-functions-key'];
    const given = typeof header === 'string' ? header : url.searchParams.get('code');
    if (given === null || given === '') return false;
    const { masterKey, functionKeys, functions } = this.#keys;
    const accepted =
      scope === 'admin'
        ? [masterKey]
        : [masterKey, ...Object.values(functionKeys), ...Object.values(functions[functionName ?? ''] ?? {})];
    return accepted.filter((key) => same(key, given)).length > 0;
  }

  /** Whether a request carries the key of an extension's webhook, or the master key. */
  allowsSystem(request: IncomingMessage, url: URL, name: string): boolean {
    const header = request.headers['x-functions-key'];
    const given = typeof header === 'string' ? header : (url.searchParams.get('code') ?? '');
    const accepted = [this.#keys.masterKey, this.#keys.systemKeys[name]];
    return accepted.some((key) => key !== undefined && same(key, given));
  }

  /** Makes the key of an extension's webhook where there is none yet. @returns it */
  ensureSystem(name: string): string {
    return this.#keys.systemKeys[name] ?? this.put({ kind: 'systemKeys' }, name) ?? '';
  }

  get masterKey(): string {
    return this.#keys.masterKey;
  }

  /** The keys of a set by name; undefined: no function of that name. */
  list(set: KeySet): Readonly<Record<string, string>> | undefined {
    return set.kind === 'function' ? this.#keys.functions[set.name] : this.#keys[set.kind];
  }

  /** Makes a key or gives it a new value. @returns the value */
  put(set: KeySet, name: string, value: string = made()): string | undefined {
    const keys = this.list(set);
    if (keys === undefined) return undefined;
    Object.assign(keys, { [name]: value });
    this.#save();
    return value;
  }

  /** Gives the host a new master key. */
  renewMaster(value: string = made()): string {
    this.#keys.masterKey = value;
    this.#save();
    return value;
  }

  /** @returns whether there was such a key */
  remove(set: KeySet, name: string): boolean {
    const keys = this.list(set);
    if (keys === undefined || !Object.hasOwn(keys, name)) return false;
    Reflect.deleteProperty(keys, name);
    this.#save();
    return true;
  }

  #save(): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#keys, null, 2), { mode: 0o600, flush: true });
    renameSync(`${this.#file}.new`, this.#file);
  }
}

const made = (): string => randomBytes(40).toString('base64url');

/** Equal, in a time that tells nothing of where they differ. */
function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
