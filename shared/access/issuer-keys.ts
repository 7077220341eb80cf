import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { WardlineError } from '../errors.ts';

/** The published signing keys of one issuer. */
export interface IssuerKeys {
  readonly getKey: JWTVerifyGetKey;
  /** Resolves when keys are at hand. @throws WardlineError `unavailable` */
  reach(): Promise<void>;
}

/** Milliseconds. Keys stay known for an hour, so a short outage of the issuer stops nobody. */
const keptFor = 3_600_000;
/** A key id that nobody knows asks the issuer again, at most this often: forged tokens cannot flood it. */
const askAgainAfter = 5_000;
const timeout = 5_000;

/**
 * Keys of an issuer, found by OpenID Connect Discovery 1.0 at first use and kept. A new key id is asked for at once, so
 * the issuer may rotate.
 */
export function createIssuerKeys(issuer: string): IssuerKeys {
  let found: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;
  const open = (): Promise<ReturnType<typeof createRemoteJWKSet>> => {
    if (found === undefined) {
      found = discover(issuer);
      // A failed discovery is tried again by the next request.
      found.catch(() => {
        found = undefined;
      });
    }
    return found;
  };
  return {
    async getKey(header, token) {
      try {
        return await (await open())(header, token);
      } catch (cause) {
        throw ofTheToken(cause) ? cause : unreachable(cause);
      }
    },
    async reach() {
      try {
        const keys = await open();
        if (!keys.fresh) await keys.reload();
      } catch (cause) {
        throw unreachable(cause);
      }
    },
  };
}

/** Whether the token is to blame; everything else is the issuer's trouble and passes. */
const ofTheToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported;

const unreachable = (cause: unknown): WardlineError =>
  new WardlineError('unavailable', 'The identity provider cannot be reached.', { cause, retryAfter: 2 });

async function discover(issuer: string): Promise<ReturnType<typeof createRemoteJWKSet>> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(timeout),
  });
  const { issuer: named, jwks_uri: address } = Object(await response.json()) as Record<string, unknown>;
  // OpenID Connect Discovery 1.0, 4.3: the issuer named must be the one that was asked.
  if (!response.ok || named !== issuer || typeof address !== 'string')
    throw new Error(`${issuer} does not describe itself as OpenID Connect Discovery asks.`);
  return createRemoteJWKSet(new URL(address), {
    cacheMaxAge: keptFor,
    cooldownDuration: askAgainAfter,
    timeoutDuration: timeout,
  });
}
