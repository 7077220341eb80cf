import { errors, jwtVerify } from 'jose';
import type { Actor, Clock } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { toActor } from './actor.ts';
import { createIssuer, type IssuerFacts } from './issuer.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

export interface IdentitySettings {
  /** Issuers that are trusted, exactly as their tokens name them. */
  readonly issuers: readonly string[];
  /** What a token must be for. */
  readonly audience: string;
  /** Client ids of Wardline's own pages. Tokens for other clients are narrowed to their SMART scopes. */
  readonly ownClients: readonly string[];
}

export interface Authentication {
  /** @throws WardlineError `no-token`, `invalid-token`, `expired-token`; `unavailable`: the issuer does not answer */
  authenticate(authorization: string | null): Promise<Actor>;
  /** Where people and apps sign in: the first issuer. @throws WardlineError `unavailable` */
  signIn(): Promise<IssuerFacts>;
  /** Resolves when the keys of every issuer are at hand. @throws WardlineError `unavailable` */
  reachIssuers(): Promise<void>;
}

/** Seconds that clocks may differ by. */
const clockTolerance = 60;

/**
 * Checks bearer tokens (RFC 6750, RFC 9068): signature by the issuer's published keys, RS256 and nothing else, issuer,
 * audience, time, and the claims that say who calls.
 */
export function createAuthentication(
  { issuers, audience, ownClients }: IdentitySettings,
  clock: Clock,
): Authentication {
  const trusted = new Map(issuers.map((issuer) => [issuer, createIssuer(issuer)]));
  const own = new Set<unknown>(ownClients);
  const verified = createVerifiedTokens(() => clock.now().getTime());
  return {
    async authenticate(authorization) {
      const token = tokenIn(authorization);
      const issuer = claimedIssuer(token);
      const known = issuer === undefined ? undefined : trusted.get(issuer);
      if (issuer === undefined || known === undefined)
        throw new WardlineError('invalid-token', 'The token is of an issuer that is not trusted here.');
      try {
        return await verified(token, async () => {
          const { payload } = await jwtVerify(token, known.getKey, {
            issuer,
            audience,
            algorithms: ['RS256'],
            clockTolerance,
            currentDate: clock.now(),
            requiredClaims: ['exp', 'oid', 'roles', 'ods'],
          });
          return { actor: toActor(payload, own), expires: (Number(payload.exp) + clockTolerance) * 1000 };
        });
      } catch (cause) {
        if (cause instanceof WardlineError) throw cause;
        if (cause instanceof errors.JWTExpired)
          throw new WardlineError('expired-token', 'The token has expired; sign in again.', { cause });
        if (cause instanceof errors.JWTClaimValidationFailed)
          throw new WardlineError('invalid-token', `The token's claim ${cause.claim} is missing or not valid here.`, {
            cause,
          });
        throw new WardlineError('invalid-token', 'The token is not valid here.', { cause });
      }
    },
    async signIn() {
      const [first] = trusted.values();
      if (first === undefined) throw new WardlineError('unavailable', 'No identity provider is configured.');
      return first.describe();
    },
    async reachIssuers() {
      await Promise.all([...trusted.values()].map((one) => one.reach()));
    },
  };
}

function tokenIn(authorization: string | null): string {
  if (authorization === null) throw new WardlineError('no-token', 'A bearer token is needed (header Authorization).');
  const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
  if (token === undefined)
    throw new WardlineError('invalid-token', 'The Authorization header must be "Bearer" and a JSON Web Token.');
  return token;
}

/** The issuer that the token names; it decides whose keys are asked, never what is believed. */
function claimedIssuer(token: string): string | undefined {
  try {
    const { iss } = Object(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()));
    return typeof iss === 'string' ? iss : undefined;
  } catch {
    return undefined;
  }
}
