import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { type Actor, type Role, roles } from '../context.ts';
import { WardlineError } from '../errors.ts';

export interface IdentitySettings {
  readonly issuers: readonly string[];
  readonly audience: string;
}

const clockTolerance = 60;

/**
 * Checks bearer tokens: signature by the issuer's published keys (cached, RS256 only), issuer, audience, time.
 * @throws WardlineError `no-token`, `invalid-token`, `expired-token`
 */
export function createAuthenticate({
  issuers,
  audience,
}: IdentitySettings): (authorization: string | null) => Promise<Actor> {
  const keys = new Map<string, Promise<JWTVerifyGetKey>>();
  const keysOf = (issuer: string): Promise<JWTVerifyGetKey> => {
    let found = keys.get(issuer);
    if (found === undefined) {
      found = discover(issuer);
      // A failed discovery is tried again by the next request.
      found.catch(() => keys.delete(issuer));
      keys.set(issuer, found);
    }
    return found;
  };
  return async (authorization) => {
    if (authorization === null) throw new WardlineError('no-token', 'A bearer token is needed (header Authorization).');
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(authorization)?.[1];
    if (token === undefined)
      throw new WardlineError('invalid-token', 'The Authorization header must be "Bearer" and a JSON Web Token.');
    const issuer = issuers.find((one) => one === claimedIssuer(token));
    if (issuer === undefined)
      throw new WardlineError('invalid-token', 'The token is of an issuer that is not trusted here.');
    let getKey: JWTVerifyGetKey;
    try {
      getKey = await keysOf(issuer);
    } catch (cause) {
      throw new WardlineError('unavailable', 'The identity provider cannot be reached.', { cause, retryAfter: 2 });
    }
    try {
      const { payload } = await jwtVerify(token, getKey, {
        issuer,
        audience,
        algorithms: ['RS256'],
        clockTolerance,
        requiredClaims: ['exp', 'oid', 'roles', 'ods'],
      });
      return toActor(payload);
    } catch (cause) {
      if (cause instanceof WardlineError) throw cause;
      if (cause instanceof errors.JWTExpired)
        throw new WardlineError('expired-token', 'The token has expired; sign in again.', { cause });
      if (cause instanceof errors.JWKSTimeout || (cause instanceof TypeError && /fetch/.test(cause.message))) {
        throw new WardlineError('unavailable', 'The identity provider cannot be reached.', { cause, retryAfter: 2 });
      }
      throw new WardlineError('invalid-token', 'The token is not valid here.', { cause });
    }
  };
}

/** Asks the issuer where its keys are (OpenID Connect Discovery 1.0). */
async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(5000),
  });
  const { jwks_uri: address } = (await response.json()) as { jwks_uri: string };
  return createRemoteJWKSet(new URL(address), { cacheMaxAge: 600_000, cooldownDuration: 5_000 });
}

/** The issuer that the token names; it decides whose keys are asked, never what is believed. */
function claimedIssuer(token: string): string | undefined {
  try {
    return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { iss?: string }).iss;
  } catch {
    return undefined;
  }
}

function toActor(payload: JWTPayload): Actor {
  const list = (value: unknown): string[] =>
    Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  const role = list(payload['roles']).find((one): one is Role => (roles as readonly string[]).includes(one));
  if (role === undefined) throw new WardlineError('invalid-token', 'The token carries no role that is known here.');
  const kind =
    payload['idtyp'] === 'app'
      ? 'system'
      : payload['idtyp'] === 'device' || role === 'board-device'
        ? 'device'
        : 'staff';
  return {
    kind,
    id: String(payload['oid']),
    displayName: String(payload['name'] ?? ''),
    role,
    trust: String(payload['ods']),
    teams: list(payload['groups']),
    ...(typeof payload['ward'] === 'string' ? { ward: payload['ward'] } : {}),
  };
}
