import { createHash } from 'node:crypto';
import type { PublicKey } from '../azure/vault.ts';
import type { Ods } from '../context.ts';
import { type ChainEnd, canonical } from './chain.ts';

/** Where a chain stood. */
export interface SealedChain extends ChainEnd {
  readonly chain: string;
  /** What the chain began from. */
  readonly begin: string;
}

/** Where a trust's chains stood at a moment, and the checkpoint before. */
export interface Statement {
  /** 1, 2, 3 … */
  readonly checkpoint: number;
  readonly trust: Ods;
  /** RFC 3339, UTC. */
  readonly at: string;
  /** Hash of the checkpoint before as it was sealed; of the first one {@link genesis}. */
  readonly previous: string;
  readonly chains: readonly SealedChain[];
}

/** A statement with its signature: PS256 (RFC 7518 section 3.5) over the statement and the key, canonical. */
export interface Checkpoint extends Statement {
  readonly key: PublicKey;
  /** base64url */
  readonly signature: string;
}

/** What is signed: everything but the signature. The key is named in it, so that no other can be put in its place. */
export const signedText = ({ signature: _, ...rest }: Checkpoint): string => canonical(rest);

/** A checkpoint as it is sealed, one line. */
export const sealedText = (checkpoint: Checkpoint): string => `${canonical(checkpoint)}\n`;

/** What the next checkpoint names this one by. */
export const hashOf = (sealed: string): string => createHash('sha256').update(sealed).digest('hex');
