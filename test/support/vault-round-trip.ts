import { constants, createPublicKey, verify } from 'node:crypto';
import { ManagedIdentityCredential } from '@azure/identity';
import { createVault } from '../../shared/azure/vault.ts';

/**
 * `node vault-round-trip.ts VAULT KEY [LATER]`: wraps at one address; unwraps and signs at the later one (the same when none
 * is given) as the application does. Prints what came of it as JSON.
 */
const [address = '', keyName = '', later = address] = process.argv.slice(2);
const credential = new ManagedIdentityCredential();
const secret = crypto.getRandomValues(new Uint8Array(32));
const { kid, wrapped } = await createVault(address, credential).wrap(keyName, secret);
const vault = createVault(later, credential);
const unwrapped = await vault.unwrap(kid, wrapped);
const altered = Uint8Array.from(wrapped);
altered[0] = (altered[0] ?? 0) ^ 1;
const refused = await vault.unwrap(kid, altered).then(
  () => false,
  () => true,
);
const hidden = !Buffer.from(wrapped).includes(Buffer.from(secret));
const { key, sign } = await vault.signer(keyName);
const text = new TextEncoder().encode('where the chains stand');
const signature = await sign(text);
const proves = (bytes: Uint8Array): boolean =>
  verify(
    'sha256',
    bytes,
    {
      key: createPublicKey({ key: { kty: key.kty, n: key.n, e: key.e }, format: 'jwk' }),
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    },
    signature,
  );
const signed = proves(text) && !proves(secret);
console.log(JSON.stringify({ kid, signed, same: Buffer.from(unwrapped).equals(Buffer.from(secret)), hidden, refused }));
