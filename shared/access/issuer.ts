import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { WardlineError } from '../errors.ts';

/** What an issuer says of itself (OpenID Connect Discovery 1.0, 3), as far as apps have to know it. */
export interface IssuerFacts {
  readonly issuer: string;
  readonly keys: string;
  readonly authorizationEndpoint?: string;
  readonly tokenEndpoint?: string;
  readonly scopes: readonly string[];
  readonly responseTypes: readonly string[];
  readonly grantTypes: readonly string[];
  readonly clientAuthentication: readonly string[];
  /** Algorithms by which clients with keys of their own prove themselves. */
  readonly clientAlgorithms: readonly string[];
  readonly challengeMethods: readonly string[];
  /** What it can do of SMART App Launch; empty where it knows nothing of it. */
  readonly capabilities: readonly string[];
}

/** An issuer of tokens: its published signing keys, and what it says of itself. */
export interface Issuer {
  readonly getKey: JWTVerifyGetKey;
  /** @throws WardlineError `unavailable` */
  describe(): Promise<IssuerFacts>;
  /** Resolves when keys are at hand. @throws WardlineError `unavailable` */
  reach(): Promise<void>;
}

/** Milliseconds. Keys stay known for an hour, so a short outage of the issuer stops nobody. */
const keptFor = 3_600_000;
/** A key id that nobody knows asks the issuer again, at most this often: forged tokens cannot flood it. */
const askAgainAfter = 5_000;
const timeout = 5_000;

interface Found {
  readonly facts: IssuerFacts;
  readonly keys: ReturnType<typeof createRemoteJWKSet>;
}

/**
 * An issuer, found by OpenID Connect Discovery 1.0 at first use and kept. A new key id is asked for at once, so the issuer
 * may rotate.
 */
export function createIssuer(issuer: string): Issuer {
  let found: Promise<Found> | undefined;
  const open = (): Promise<Found> => {
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
        const { keys } = await open();
        return await keys(header, token);
      } catch (cause) {
        throw ofTheToken(cause) ? cause : unreachable(cause);
      }
    },
    async describe() {
      try {
        return (await open()).facts;
      } catch (cause) {
        throw unreachable(cause);
      }
    },
    async reach() {
      try {
        const { keys } = await open();
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

async function discover(issuer: string): Promise<Found> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(timeout),
  });
  const document = Object(await response.json()) as Record<string, unknown>;
  const { issuer: named, jwks_uri: keys } = document;
  // OpenID Connect Discovery 1.0, 4.3: the issuer named must be the one that was asked.
  if (!response.ok || named !== issuer || typeof keys !== 'string')
    throw new Error(`${issuer} does not describe itself as OpenID Connect Discovery asks.`);
  return {
    facts: factsIn(document, issuer, keys),
    keys: createRemoteJWKSet(new URL(keys), {
      cacheMaxAge: keptFor,
      cooldownDuration: askAgainAfter,
      timeoutDuration: timeout,
    }),
  };
}

function factsIn(document: Readonly<Record<string, unknown>>, issuer: string, keys: string): IssuerFacts {
  const listed = (name: string): string[] => {
    const value = document[name];
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  };
  const { authorization_endpoint: authorizationEndpoint, token_endpoint: tokenEndpoint } = document;
  return {
    issuer,
    keys,
    ...(typeof authorizationEndpoint === 'string' ? { authorizationEndpoint } : {}),
    ...(typeof tokenEndpoint === 'string' ? { tokenEndpoint } : {}),
    scopes: listed('scopes_supported'),
    responseTypes: listed('response_types_supported'),
    grantTypes: listed('grant_types_supported'),
    clientAuthentication: listed('token_endpoint_auth_methods_supported'),
    clientAlgorithms: listed('token_endpoint_auth_signing_alg_values_supported'),
    challengeMethods: listed('code_challenge_methods_supported'),
    capabilities: listed('capabilities'),
  };
}
