import { jwtVerify } from 'jose';

/** What a client's token allows (https://learn.microsoft.com/azure/azure-web-pubsub/reference-client-events). */
export interface ClientClaims {
  readonly userId: string | undefined;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

/** Checks the token of a REST call: HS256 with the access key, audience the called address. @returns whether it is good. */
export async function isServiceToken(
  authorization: string | undefined,
  audience: string,
  key: Uint8Array,
): Promise<boolean> {
  const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
  if (token === undefined) return false;
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'] });
    const named = Array.isArray(payload.aud) ? payload.aud : [payload.aud];
    // The address is signed as the client wrote it; host names of one machine are alike.
    return named.some((one) => one !== undefined && pathOf(one) === pathOf(audience));
  } catch {
    return false;
  }
}

const pathOf = (address: string): string => address.replace(/^[a-z]+:\/\/[^/]+/i, '').split('?', 1)[0] ?? '';

/** Checks the token that a client connects with. @returns undefined when it is refused. */
export async function readClientToken(
  token: string | null,
  hub: string,
  key: Uint8Array,
): Promise<ClientClaims | undefined> {
  if (token === null) return undefined;
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'] });
    if (!String(payload.aud).endsWith(`/client/hubs/${hub}`)) return undefined;
    const list = (value: unknown): string[] =>
      Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)];
    return { userId: payload.sub, roles: list(payload['role']), groups: list(payload['webpubsub.group']) };
  } catch {
    return undefined;
  }
}
