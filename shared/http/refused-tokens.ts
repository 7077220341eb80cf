import { createHmac } from 'node:crypto';
import type { Clock } from '../context.ts';
import type { ErrorCode } from '../errors.ts';

/** How often one source came without a valid token within a minute. */
export interface Refusals {
  /** Hash of the address: the same source has the same name while this process lives, and nobody can name it. */
  readonly source: string;
  /** Start of the minute, RFC 3339. */
  readonly minute: string;
  readonly code: ErrorCode;
  readonly count: number;
}

export interface RefusedTokens {
  count(forwardedFor: string | null, code: ErrorCode): void;
}

/** More sources than that within a minute are counted as one: an attack must not fill the memory. */
const maximumSources = 1_000;

/**
 * Requests without a valid token have nobody to be chained under: they are counted, and told when their minute is over.
 * @param secret keys the hash of addresses
 */
export function createRefusedTokens(deps: {
  clock: Clock;
  secret: Uint8Array;
  tell: (refusals: Refusals) => void;
}): RefusedTokens {
  const counts = new Map<string, Refusals>();
  const tellAll = (): void => {
    for (const refusals of counts.values()) deps.tell(refusals);
    counts.clear();
  };
  return {
    count(forwardedFor, code) {
      const now = deps.clock.now().getTime();
      const minute = new Date(now - (now % 60_000)).toISOString();
      const [waiting] = counts.values();
      if (waiting !== undefined && waiting.minute !== minute) tellAll();
      if (counts.size === 0) setTimeout(tellAll, 60_000 - (now % 60_000)).unref();
      const named = `${hashed(addressIn(forwardedFor), deps.secret)}|${code}`;
      const key = counts.has(named) || counts.size < maximumSources ? named : `others|${code}`;
      const count = (counts.get(key)?.count ?? 0) + 1;
      counts.set(key, { source: key.slice(0, key.indexOf('|')), minute, code, count });
    },
  };
}

/** The last address of X-Forwarded-For: the one that Azure's front end wrote itself; the others may be invented. */
const addressIn = (forwardedFor: string | null): string =>
  (forwardedFor?.split(',').at(-1) ?? '').trim().replace(/^([\d.]+):\d+$/, '$1');

const hashed = (address: string, secret: Uint8Array): string =>
  createHmac('sha256', secret).update(address).digest('base64url').slice(0, 16);
