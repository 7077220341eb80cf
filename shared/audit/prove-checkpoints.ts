import { constants, createPublicKey, verify } from 'node:crypto';
import { genesis } from './chain.ts';
import { type Checkpoint, hashOf, sealedText, signedText } from './checkpoint.ts';
import type { Breach } from './prove-chain.ts';

/** A public key that whoever proves trusts (RFC 7517). */
export interface TrustedKey {
  readonly n: string;
  readonly e: string;
}

/** What came of proving a trust's checkpoints. */
export interface CheckpointsProof {
  readonly breach?: Breach;
  /** Those before the breach: what they say holds. */
  readonly sound: readonly Checkpoint[];
}

/**
 * Proves checkpoints: signatures, and that none was left out, added or put elsewhere.
 * @param checkpoints of one trust, in the order in which they were kept
 * @param trusted keys that may have signed; undefined: whichever the checkpoints name
 */
export function proveCheckpoints(
  checkpoints: readonly Checkpoint[],
  trusted: readonly TrustedKey[] | undefined,
): CheckpointsProof {
  const sound: Checkpoint[] = [];
  let previous = genesis;
  for (const one of checkpoints) {
    const expected = (sound.at(-1)?.checkpoint ?? checkpoints[0]?.checkpoint ?? 1) + (sound.length === 0 ? 0 : 1);
    const breach = (kind: Breach['kind'], what: string): CheckpointsProof => ({
      sound,
      breach: { seq: one.checkpoint, id: one.at, kind, what },
    });
    if (trusted !== undefined && !trusted.some(({ n, e }) => n === one.key.n && e === one.key.e))
      return breach('added', 'the checkpoint is signed with a key that is not trusted');
    if (!isSigned(one)) return breach('edited', 'the checkpoint was edited: its signature does not fit');
    if (one.checkpoint > expected) return breach('removed', `checkpoint ${expected} was removed before this one`);
    if (one.checkpoint < expected) return breach('moved', 'the checkpoint was moved or is there twice');
    if ((sound.length > 0 || one.checkpoint === 1) && one.previous !== previous)
      return breach('added', 'the checkpoint does not follow the one before it');
    previous = hashOf(sealedText(one));
    sound.push(one);
  }
  return { sound };
}

function isSigned(checkpoint: Checkpoint): boolean {
  const { kty, n, e } = checkpoint.key;
  try {
    return verify(
      'sha256',
      Buffer.from(signedText(checkpoint)),
      {
        key: createPublicKey({ key: { kty, n, e }, format: 'jwk' }),
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      },
      Buffer.from(checkpoint.signature, 'base64url'),
    );
  } catch {
    // What is no RSA key has signed nothing.
    return false;
  }
}

/**
 * What a chain no longer is that was sealed. A chain can be rewritten as a whole so that it proves itself; not so that it
 * agrees with a checkpoint.
 * @param hashes of the chain's rows, the first row's first
 */
export function disagreement(
  chain: string,
  hashes: readonly string[],
  checkpoints: readonly Checkpoint[],
): Breach | undefined {
  let agreed = 0;
  for (const { checkpoint, at, chains } of checkpoints)
    for (const sealed of chains) {
      if (sealed.chain !== chain || sealed.seq === 0) continue;
      const found = hashes[sealed.seq - 1];
      if (found === sealed.hash) {
        agreed = sealed.seq;
        continue;
      }
      const what = `checkpoint ${checkpoint} sealed row ${sealed.seq} at ${at}`;
      return found === undefined
        ? { seq: hashes.length + 1, id: '', kind: 'removed', what: `rows up to ${sealed.seq} were removed: ${what}` }
        : {
            seq: agreed + 1,
            id: '',
            kind: 'edited',
            what: `the chain was written anew from a row between ${agreed + 1} and ${sealed.seq} on: ${what}`,
          };
    }
  return undefined;
}
