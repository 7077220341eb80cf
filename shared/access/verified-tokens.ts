import { createHash } from 'node:crypto';
import type { Actor } from '../context.ts';

/** Milliseconds for which a signature that was checked counts: a key that its issuer withdraws is noticed within it. */
const keepFor = 60_000;
/** Tokens that are known at once: everybody of a large trust who is at work. */
const most = 20_000;

/** What was learned from a token: who calls, and until when it says so. */
export interface Verified {
  readonly actor: Actor;
  /** Milliseconds since 1970, the tolerance of clocks included. */
  readonly expires: number;
}

/**
 * Checks each token once a minute rather than at each request: a signature costs more than the read that it is for.
 * Tokens are known by their SHA-256, so that none of them lies in memory for longer than its request. What is refused
 * is not remembered.
 * @param now milliseconds since 1970
 */
export function createVerifiedTokens(
  now: () => number,
): (token: string, verify: () => Promise<Verified>) => Promise<Actor> {
  const known = new Map<string, { readonly actor: Actor; readonly until: number }>();
  return async (token, verify) => {
    const key = createHash('sha256').update(token).digest('base64');
    const found = known.get(key);
    if (found !== undefined && now() < found.until) return found.actor;
    known.delete(key);
    const { actor, expires } = await verify();
    // The oldest goes first: a map keeps the order of its entries.
    if (known.size >= most) for (const oldest of known.keys()) if (known.delete(oldest)) break;
    known.set(key, { actor, until: Math.min(now() + keepFor, expires) });
    return actor;
  };
}
