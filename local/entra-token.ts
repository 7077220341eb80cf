import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';

/** Who a token was issued to, by the claims that Entra ID gives an application's token. */
export interface EntraIdentity {
  /** `oid`: the service principal's or managed identity's object id. */
  readonly objectId: string;
  /** `appid`: its client id. */
  readonly clientId: string | undefined;
  /** Seconds since 1970. */
  readonly expires: number;
}

export type EntraTokenFault = 'missing' | 'expired' | 'audience' | 'invalid' | 'unavailable';

/** A token that is refused. Each service answers it in its own words; the token itself stands in none of them. */
export class EntraTokenError extends Error {
  readonly code: EntraTokenFault;

  constructor(code: EntraTokenFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EntraTokenError';
    this.code = code;
  }
}

/** Checks a token as it stands after `Bearer `. @throws EntraTokenError. */
export type EntraTokenVerifier = (token: string | undefined) => Promise<EntraIdentity>;

/**
 * Verifies access tokens of the local identity provider as a service verifies those of Entra ID: signature, issuer,
 * audience, lifetime (https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens).
 * @param given.issuer endpoint of the identity server; its keys are fetched at the first token and when an unknown key signs.
 * @param given.audiences the service's resource names, such as `https://vault.azure.net`; a closing slash makes no difference.
 */
export function entraTokenVerifier(given: {
  readonly issuer: string;
  readonly audiences: readonly string[];
}): EntraTokenVerifier {
  const keys = createRemoteJWKSet(new URL('/jwks', given.issuer), {
    cacheMaxAge: 24 * 3600_000,
    cooldownDuration: 1000,
    timeoutDuration: 5000,
  });
  const expected = given.audiences.map(withoutSlash);
  return async (token) => {
    if (token === undefined || token === '') throw new EntraTokenError('missing', 'The token is missing.');
    const payload = await verify(token, given.issuer, keys);
    const named = [payload.aud ?? []].flat().map(withoutSlash);
    if (!named.some((audience) => expected.includes(audience)))
      throw new EntraTokenError(
        'audience',
        `The token is for ${named.join(', ') || 'nobody'}, not for ${expected.join(' or ')}.`,
      );
    const { oid, appid, exp } = payload;
    if (typeof oid !== 'string' || exp === undefined)
      throw new EntraTokenError('invalid', 'The token lacks the claim oid or exp.');
    return { objectId: oid, clientId: typeof appid === 'string' ? appid : undefined, expires: exp };
  };
}

/** The token of an `Authorization: Bearer …` header (RFC 6750 section 2.1); undefined when there is none. */
export const bearerToken = (authorization: string | undefined): string | undefined =>
  /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];

const withoutSlash = (audience: string): string => audience.replace(/\/+$/, '');

async function verify(token: string, issuer: string, keys: ReturnType<typeof createRemoteJWKSet>): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, { issuer, algorithms: ['RS256'], clockTolerance: 5 })).payload;
  } catch (cause) {
    if (cause instanceof errors.JWTExpired)
      throw new EntraTokenError('expired', 'The token has expired. Ask for a new one.', { cause });
    if (cause instanceof errors.JOSEError && cause.code !== 'ERR_JWKS_TIMEOUT' && cause.code !== 'ERR_JOSE_GENERIC')
      throw new EntraTokenError('invalid', 'The token was not issued by this identity provider.', { cause });
    throw new EntraTokenError(
      'unavailable',
      `The keys of ${issuer} cannot be fetched. Is the identity server running?`,
      {
        cause,
      },
    );
  }
}
