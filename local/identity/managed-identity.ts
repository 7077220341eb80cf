import type { IncomingMessage } from 'node:http';
import { sameText } from '../same-text.ts';

/** An identity of a deployment, as Entra ID knows it: object id of its service principal, and client id. */
export interface ManagedIdentity {
  readonly name: string;
  readonly clientId: string;
  readonly objectId: string;
  /** Azure resource id of a user-assigned identity (`mi_res_id`). */
  readonly resourceId?: string;
}

/** Issues an access token. @param claims beside audience, issuer and times. */
export type IssueToken = (audience: string, claims: Readonly<Record<string, unknown>>) => Promise<string>;

/** The identity that a deployment gets when none is named. */
export const systemAssigned: ManagedIdentity = {
  name: 'system-assigned',
  clientId: '8a1f2c40-5a3e-4b6e-9d17-0c5c52f5a001',
  objectId: '8a1f2c40-5a3e-4b6e-9d17-0c5c52f5a002',
};
const tenant = '8a1f2c40-5a3e-4b6e-9d17-0c5c52f5a000';

/**
 * Answers `GET {IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=…[&client_id|principal_id|mi_res_id=…]`
 * (https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference).
 */
export function managedIdentityEndpoint(given: {
  readonly identities: readonly ManagedIdentity[];
  /** What the caller shows in `X-IDENTITY-HEADER`, against request forgery. */
  readonly header: string;
  /** Lifetime of a token in seconds. */
  readonly lifetime: number;
  readonly issue: IssueToken;
}): (request: IncomingMessage, query: URLSearchParams, now: number) => Promise<{ status: number; body: object }> {
  const fail = (status: number, message: string) => ({ status, body: { statusCode: status, message } });
  return async (request, query, now) => {
    if (request.method !== 'GET') return fail(405, 'Tokens are asked for with GET.');
    if (!sameText(String(request.headers['x-identity-header'] ?? ''), given.header))
      return fail(401, 'The header X-IDENTITY-HEADER is missing or wrong.');
    if (query.get('api-version') !== '2019-08-01') return fail(400, 'The parameter api-version must be 2019-08-01.');
    const resource = query.get('resource') ?? '';
    if (resource === '') return fail(400, 'The parameter resource is missing: for which service is the token?');
    const identity = chosen(query, given.identities);
    if (identity === undefined)
      return fail(
        400,
        'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.',
      );
    const token = await given.issue(resource, {
      sub: identity.objectId,
      oid: identity.objectId,
      appid: identity.clientId,
      appidacr: '2',
      idtyp: 'app',
      tid: tenant,
      ver: '1.0',
    });
    return {
      status: 200,
      body: {
        access_token: token,
        client_id: identity.clientId,
        expires_on: String(Math.floor(now / 1000) + given.lifetime),
        resource,
        token_type: 'Bearer',
      },
    };
  };
}

function chosen(query: URLSearchParams, identities: readonly ManagedIdentity[]): ManagedIdentity | undefined {
  const [clientId, objectId, resourceId] = [
    query.get('client_id'),
    query.get('principal_id') ?? query.get('object_id'),
    query.get('mi_res_id'),
  ];
  if (clientId === null && objectId === null && resourceId === null) return identities[0];
  return identities.find(
    (one) =>
      one.clientId.toLowerCase() === clientId?.toLowerCase() ||
      one.objectId.toLowerCase() === objectId?.toLowerCase() ||
      (resourceId !== null && one.resourceId?.toLowerCase() === resourceId.toLowerCase()),
  );
}
