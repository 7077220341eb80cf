import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { bearerToken, EntraTokenError, type EntraTokenVerifier } from '../entra-token.ts';
import { WebPubSubError } from './errors.ts';

/** What a client's token allows (https://learn.microsoft.com/azure/azure-web-pubsub/concept-client-protocols#permissions). */
export interface ClientClaims {
  readonly userId: string | undefined;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  /** All of the token's claims as texts, for the event handler. */
  readonly all: Readonly<Record<string, readonly string[]>>;
}

export const anonymous: ClientClaims = { userId: undefined, roles: [], groups: [], all: {} };

/**
 * Checks a REST call's token: signed with the access key for the called address, or issued to an identity for the service
 * (https://learn.microsoft.com/azure/azure-web-pubsub/reference-rest-api-data-plane).
 * @throws WebPubSubError 401.
 */
export async function authorizeServer(
  authorization: string | undefined,
  path: string,
  key: Uint8Array,
  verifyToken: EntraTokenVerifier | undefined,
): Promise<void> {
  const token = bearerToken(authorization);
  if (token === undefined) throw unauthorized('The request has no bearer token.');
  if (verifyToken !== undefined && algorithmOf(token) === 'RS256') {
    try {
      return void (await verifyToken(token));
    } catch (error) {
      throw error instanceof EntraTokenError ? unauthorized(error.message) : error;
    }
  }
  const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'] }).catch(() => {
    throw unauthorized('The token is expired, or signed with another access key.');
  });
  // The address is signed as the client wrote it; host names of one machine are alike.
  if (![payload.aud ?? []].flat().some((one) => pathOf(one) === pathOf(path)))
    throw unauthorized('The token’s audience is another address than the called one.');
}

const unauthorized = (message: string): WebPubSubError => new WebPubSubError(401, 'Unauthorized', message);

function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    return undefined;
  }
}

const pathOf = (address: string): string => address.replace(/^[a-z]+:\/\/[^/]+/i, '').split('?', 1)[0] ?? '';

/** Checks the token that a client connects with. @returns undefined when it is refused. */
export async function readClientToken(token: string, hub: string, key: Uint8Array): Promise<ClientClaims | undefined> {
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'] });
    const path = `/client/hubs/${hub}`.toLowerCase();
    if (![payload.aud ?? []].flat().some((one) => pathOf(one).toLowerCase() === path)) return undefined;
    const list = (value: unknown): string[] => [value ?? []].flat().map(String);
    return {
      userId: payload.sub,
      roles: list(payload['role']),
      groups: list(payload['webpubsub.group']),
      all: Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, list(value)])),
    };
  } catch {
    return undefined;
  }
}

/** Makes a client's token, for servers that have an identity and no access key (`/:generateToken`). */
export function makeClientToken(
  address: string,
  claims: {
    readonly userId: string | undefined;
    readonly roles: readonly string[];
    readonly groups: readonly string[];
  },
  minutes: number,
  key: Uint8Array,
): Promise<string> {
  const { userId, roles, groups } = claims;
  const token = new SignJWT({
    ...(roles.length > 0 && { role: roles }),
    ...(groups.length > 0 && { 'webpubsub.group': groups }),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setAudience(address)
    .setIssuedAt()
    .setExpirationTime(`${minutes}m`);
  return (userId === undefined ? token : token.setSubject(userId)).sign(key);
}
