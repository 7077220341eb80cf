import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

/** A key that was rotated away proves the tokens that it signed until they have expired; so many are kept. */
const kept = 3;

/** The provider's signing keys, made at first start and kept, so that tokens outlive a restart. */
export class SigningKeys {
  readonly #file: string;
  #keys: readonly JWK[];

  private constructor(file: string, keys: readonly JWK[]) {
    this.#file = file;
    this.#keys = keys;
  }

  /** Opens `<state>/signing-keys.json` (mode 600). */
  static async open(state: string): Promise<SigningKeys> {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const file = join(state, 'signing-keys.json');
    if (existsSync(file)) return new SigningKeys(file, JSON.parse(readFileSync(file, 'utf8')));
    const keys = new SigningKeys(file, []);
    await keys.rotate();
    return keys;
  }

  /** All keys, private parts included; the first one signs. */
  get all(): readonly JWK[] {
    return this.#keys;
  }

  /** Their public halves. */
  get published(): JWK[] {
    return this.#keys.map(({ kty, n, e, kid, use, alg }) => ({ kty, n, e, kid, use, alg }) as JWK);
  }

  get current(): JWK {
    const [current] = this.#keys;
    if (current === undefined) throw new Error('There is no signing key.');
    return current;
  }

  /** Makes the key that signs from now on; it is durable when this resolves. */
  async rotate(): Promise<void> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const made = { ...(await exportJWK(privateKey)), kid: randomUUID(), use: 'sig', alg: 'RS256' };
    const keys = [made, ...this.#keys].slice(0, kept);
    writeFileSync(`${this.#file}.new`, JSON.stringify(keys), { mode: 0o600, flush: true });
    renameSync(`${this.#file}.new`, this.#file);
    this.#keys = keys;
  }
}
