export { createKeyring, type Keyring, type KeyPurpose } from './keyring.ts';
export { type SealKey, seal, unseal } from './seal.ts';
