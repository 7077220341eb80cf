export { createKeyring, type KeyPurpose, type Keyring } from './keyring.ts';
export { type SealKey, seal, unseal } from './seal.ts';
export { sealBytes, unsealBytes } from './seal-bytes.ts';
