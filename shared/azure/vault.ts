import type { TokenCredential } from '@azure/identity';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';

/** Wraps and unwraps data keys with a key that never leaves the vault. */
export interface Vault {
  /** Wraps `bytes` with the newest version of `keyName`; `kid` names that version within the vault: `/keys/{name}/{version}`. */
  wrap(keyName: string, bytes: Uint8Array): Promise<{ kid: string; wrapped: Uint8Array }>;
  /** Unwraps with the very version that wrapped, wherever the vault answers now. */
  unwrap(kid: string, wrapped: Uint8Array): Promise<Uint8Array>;
}

/** The public half of a key (RFC 7517), named as the vault names it. */
export interface PublicKey {
  readonly kid: string;
  readonly kty: 'RSA';
  readonly n: string;
  readonly e: string;
}

/** Signs with a key that never leaves the vault. */
export interface Signer {
  /** The newest version of a key: what proves its signatures, and how to make one (PS256, RFC 7518 section 3.5). */
  signer(keyName: string): Promise<{ key: PublicKey; sign(bytes: Uint8Array): Promise<Uint8Array> }>;
}

/** RSA-OAEP with SHA-256 (https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#wrapkeyunwrapkey-encryptdecrypt). */
const algorithm = 'RSA-OAEP-256';

/**
 * Azure Key Vault. Keys are made by the deployment: this identity may only read, wrap and unwrap (that of the audit: read and sign).
 * @param address e.g. `https://wardline.vault.azure.net`
 */
export function createVault(address: string, credential: TokenCredential): Vault & Signer {
  // The challenge names vault.azure.net; a vault of another domain (sovereign clouds, a laptop) cannot match it.
  const options = { disableChallengeResourceVerification: !new URL(address).hostname.endsWith('.vault.azure.net') };
  let keys: KeyClient | undefined;
  const newest = async (keyName: string) => {
    keys ??= new KeyClient(address, credential, options);
    const { id, key } = await keys.getKey(keyName);
    if (id === undefined) throw new Error(`Key Vault answered key ${keyName} without an id`);
    return { id, key };
  };
  // A key outlives its vault's address: it is restored into another vault under the same name and version. What was
  // wrapped when the whole address was kept opens too.
  const cryptography = (kid: string): CryptographyClient =>
    new CryptographyClient(new URL(new URL(kid, address).pathname, address).href, credential, options);
  return {
    async wrap(keyName, bytes) {
      const { id } = await newest(keyName);
      const { result } = await cryptography(id).wrapKey(algorithm, bytes);
      return { kid: new URL(id).pathname, wrapped: result };
    },
    async unwrap(kid, wrapped) {
      const { result } = await cryptography(kid).unwrapKey(algorithm, wrapped);
      return result;
    },
    async signer(keyName) {
      const { id, key } = await newest(keyName);
      if (key?.n === undefined || key.e === undefined) throw new Error(`The key ${keyName} should be an RSA key.`);
      const [n, e] = [key.n, key.e].map((bytes) => Buffer.from(bytes).toString('base64url'));
      return {
        key: { kid: id, kty: 'RSA', n: n ?? '', e: e ?? '' },
        async sign(bytes) {
          const { result } = await cryptography(id).signData('PS256', bytes);
          return result;
        },
      };
    },
  };
}
