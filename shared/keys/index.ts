export { createKeyring, type KeyPurpose, type Keyring } from './keyring.ts';
export { createKeyRotation, type KeyRotation } from './rotation.ts';
export { type SealKey, seal, unseal } from './seal.ts';
export { sealBytes, unsealBytes } from './seal-bytes.ts';
