import type { TokenCredential } from '@azure/identity';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';

/** Wraps and unwraps data keys with a key that never leaves the vault. */
export interface Vault {
  /** Wraps `bytes` with the newest version of `keyName`; `kid` names that version. */
  wrap(keyName: string, bytes: Uint8Array): Promise<{ kid: string; wrapped: Uint8Array }>;
  /** Unwraps with the very version that wrapped. */
  unwrap(kid: string, wrapped: Uint8Array): Promise<Uint8Array>;
}

/** RSA-OAEP with SHA-256 (https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#wrapkeyunwrapkey-encryptdecrypt). */
const algorithm = 'RSA-OAEP-256';

/**
 * Azure Key Vault. Keys are made by the deployment: this identity may only read, wrap and unwrap.
 * @param address e.g. `https://wardline.vault.azure.net`
 */
export function createVault(address: string, credential: TokenCredential): Vault {
  // The challenge names vault.azure.net; a vault of another domain (sovereign clouds, a laptop) cannot match it.
  const options = { disableChallengeResourceVerification: !new URL(address).hostname.endsWith('.vault.azure.net') };
  let keys: KeyClient | undefined;
  const cryptography = (kid: string): CryptographyClient => new CryptographyClient(kid, credential, options);
  return {
    async wrap(keyName, bytes) {
      keys ??= new KeyClient(address, credential, options);
      const { id } = await keys.getKey(keyName);
      if (id === undefined) throw new Error(`Key Vault answered key ${keyName} without an id`);
      const { result } = await cryptography(id).wrapKey(algorithm, bytes);
      return { kid: id, wrapped: result };
    },
    async unwrap(kid, wrapped) {
      const { result } = await cryptography(kid).unwrapKey(algorithm, wrapped);
      return result;
    },
  };
}
