import { constants, generateKeyPairSync, sign } from 'node:crypto';
import type { Signer } from '../../shared/azure/vault.ts';

/** A signer whose key lives in this process; its public half is that of the vault's keys. */
export function memorySigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  return {
    signer: async (keyName) => ({
      key: { kid: `https://vault.test/keys/${keyName}/1`, kty: 'RSA', n, e },
      sign: async (bytes) =>
        sign('sha256', bytes, {
          key: privateKey,
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
        }),
    }),
  };
}
