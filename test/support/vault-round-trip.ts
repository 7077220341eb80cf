import { ManagedIdentityCredential } from '@azure/identity';
import { createVault } from '../../shared/azure/vault.ts';

/** `node vault-round-trip.ts VAULT KEY`: wraps and unwraps as the application does; prints what came of it as JSON. */
const [address = '', keyName = ''] = process.argv.slice(2);
const vault = createVault(address, new ManagedIdentityCredential());
const secret = crypto.getRandomValues(new Uint8Array(32));
const { kid, wrapped } = await vault.wrap(keyName, secret);
const unwrapped = await vault.unwrap(kid, wrapped);
const altered = Uint8Array.from(wrapped);
altered[0] = (altered[0] ?? 0) ^ 1;
const refused = await vault.unwrap(kid, altered).then(
  () => false,
  () => true,
);
const hidden = !Buffer.from(wrapped).includes(Buffer.from(secret));
console.log(JSON.stringify({ kid, same: Buffer.from(unwrapped).equals(Buffer.from(secret)), hidden, refused }));
