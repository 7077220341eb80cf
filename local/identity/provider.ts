import type { JWK } from 'jose';
import { type Adapter, type Configuration, errors, Provider } from 'oidc-provider';
import { claimsOf, type LocalUser } from './users.ts';

/** The public client of the pages, and where they may return to. */
export interface LocalClient {
  readonly id: string;
  readonly redirectUris: readonly string[];
  readonly origins: readonly string[];
}

const sessionLifetime = 12 * 3600;
const refreshLifetime = 24 * 3600;

/**
 * The OpenID Connect provider: authorization code with PKCE (RFC 7636) for the pages' client, access tokens as JWT (RFC 9068)
 * with the claims of Entra ID, refresh tokens that are replaced at each use.
 */
export function createProvider(given: {
  readonly issuer: string;
  readonly audience: string;
  readonly client: LocalClient;
  readonly cookieKey: string;
  /** The first one signs. */
  readonly keys: readonly JWK[];
  readonly adapter: (model: string) => Adapter;
  readonly find: (name: string | undefined) => LocalUser | undefined;
  /** Seconds. */
  readonly tokenLifetime: number;
}): Provider {
  const { issuer, audience, client, cookieKey, keys, adapter, find, tokenLifetime } = given;
  const configuration: Configuration = {
    adapter,
    jwks: { keys: keys as never },
    clients: [
      {
        client_id: client.id,
        token_endpoint_auth_method: 'none',
        redirect_uris: [...client.redirectUris],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        application_type: 'web',
      },
    ],
    clientBasedCORS: (_context, origin) => client.origins.includes(origin),
    pkce: { required: () => true },
    cookies: { keys: [cookieKey] },
    ttl: {
      AccessToken: tokenLifetime,
      AuthorizationCode: 60,
      Grant: refreshLifetime,
      IdToken: tokenLifetime,
      Interaction: 600,
      RefreshToken: refreshLifetime,
      Session: sessionLifetime,
    },
    // OpenID Connect asks for prompt=consent with offline_access; Entra ID does not, and gives one to each page.
    issueRefreshToken: async (_context, { grantTypes = [] }) => grantTypes.includes('refresh_token'),
    rotateRefreshToken: true,
    findAccount: (_context, sub) => {
      const user = find(sub);
      return user === undefined ? undefined : { accountId: sub, claims: () => ({ sub, name: user.name }) };
    },
    claims: { openid: ['sub'], profile: ['name'] },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget();
          return {
            scope: 'openid profile',
            audience,
            accessTokenTTL: tokenLifetime,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          };
        },
      },
    },
    extraTokenClaims: (_context, token) => {
      const user = 'accountId' in token ? find(token.accountId) : undefined;
      return user === undefined ? undefined : claimsOf(user);
    },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    // Whoever signs in on this machine consents; there is nobody else to ask.
    loadExistingGrant: async (context) => {
      const { client: asking, session } = context.oidc;
      if (asking === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: asking.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid profile');
      grant.addResourceScope(audience, 'openid profile');
      await grant.save();
      return grant;
    },
  };
  const provider = new Provider(issuer, configuration);
  provider.proxy = false;
  return provider;
}
