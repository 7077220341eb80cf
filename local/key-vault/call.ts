import { badParameter } from './errors.ts';
import { allOperations, type KeyStore, type KeyVersion } from './key-store.ts';

/** A call to the vault: names from the path, query, and the JSON body (empty for those without). */
export interface Call {
  readonly store: KeyStore;
  readonly endpoint: string;
  /** Seconds since 1970. */
  readonly now: number;
  readonly names: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

/** @throws KeyVaultError 400. */
export function readName(name: string): string {
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) throw badParameter('A key’s name has 1 to 127 letters, digits and hyphens.');
  return name;
}

/** What a caller says of a key beside its material. @throws KeyVaultError 400 that names what is wrong. */
export function readAttributes(
  body: Readonly<Record<string, unknown>>,
): Pick<KeyVersion, 'enabled' | 'operations' | 'expires' | 'notBefore' | 'tags'> {
  const { enabled = true, exp, nbf } = (body['attributes'] ?? {}) as Readonly<Record<string, unknown>>;
  const wanted = body['key_ops'] ?? allOperations;
  if (!Array.isArray(wanted) || !wanted.every((one) => allOperations.includes(one)))
    throw badParameter(`key_ops must be an array of: ${allOperations.join(', ')}.`);
  if (typeof enabled !== 'boolean') throw badParameter('attributes.enabled must be true or false.');
  for (const [name, value] of Object.entries({ exp, nbf }))
    if (value !== undefined && value !== null && !Number.isInteger(value))
      throw badParameter(`attributes.${name} must be seconds since 1970.`);
  const tags = body['tags'] as Readonly<Record<string, string>> | undefined;
  return {
    enabled,
    operations: wanted,
    ...(typeof exp === 'number' && { expires: exp }),
    ...(typeof nbf === 'number' && { notBefore: nbf }),
    ...(tags && { tags }),
  };
}

/** @throws KeyVaultError 400 for what is no base64url. */
export function readBytes(body: Readonly<Record<string, unknown>>, name: string): Buffer {
  const value = body[name];
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]+={0,2}$/.test(value))
    throw badParameter(`${name} must be base64url.`);
  return Buffer.from(value, 'base64url');
}
