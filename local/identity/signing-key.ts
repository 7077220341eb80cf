import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

/** The provider's signing key, made at first start and kept, so that tokens outlive a restart. */
export async function openSigningKey(state: string): Promise<JWK> {
  const file = join(state, 'signing-key.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: 'local-1', use: 'sig', alg: 'RS256' };
  writeFileSync(file, JSON.stringify(jwk), { mode: 0o600, flush: true });
  return jwk;
}
