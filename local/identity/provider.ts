import type { JWK } from 'jose';
import { type Adapter, type Configuration, errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { capabilities } from './smart-app.ts';
import type { SmartLaunch } from './smart-launch.ts';
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
 * with the claims of Entra ID, refresh tokens that are replaced at each use; SMART App Launch for apps.
 */
export function createProvider(given: {
  readonly issuer: string;
  readonly audience: string;
  readonly client: LocalClient;
  readonly cookieKey: string;
  /** The first one signs. */
  readonly keys: readonly JWK[];
  readonly adapter: (model: string) => Adapter;
  readonly smart: SmartLaunch;
  readonly find: (name: string | undefined) => LocalUser | undefined;
  /** Seconds. */
  readonly tokenLifetime: number;
}): Provider {
  const { issuer, audience, client, cookieKey, keys, adapter, smart, find, tokenLifetime } = given;
  const scopesOf = (context: KoaContextWithOIDC): string =>
    ['openid profile', ...smart.resourceScopes(context)].join(' ');
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
      ...smart.clients,
    ],
    clientAuthMethods: ['none', 'private_key_jwt'],
    // SMART App Launch 2.2, 5.3: these two.
    enabledJWA: { clientAuthSigningAlgValues: ['RS384', 'ES384'] },
    scopes: ['openid', 'offline_access', 'profile', 'launch', 'launch/patient'],
    extraParams: smart.extraParams,
    discovery: { capabilities: [...capabilities] },
    clientBasedCORS: (_context, origin, { clientId }) =>
      [origin, '*'].some((one) => (smart.app(clientId) ?? client).origins.includes(one)),
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
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (context, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget();
          return {
            scope: scopesOf(context),
            audience,
            accessTokenTTL: tokenLifetime,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          };
        },
      },
    },
    extraTokenClaims: async (_context, token) => {
      const user = 'accountId' in token ? find(token.accountId) : smart.systemOf(token.clientId);
      return user === undefined
        ? undefined
        : { ...('grantId' in token ? await smart.contextOf(token.grantId) : {}), ...claimsOf(user) };
    },
    interactions: { policy: smart.policy, url: (_context, interaction) => `/interaction/${interaction.uid}` },
    // Whoever signs in on this machine consents; there is nobody else to ask.
    loadExistingGrant: async (context) => {
      const { client: asking, session } = context.oidc;
      if (asking === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: asking.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid profile offline_access launch launch/patient');
      grant.addResourceScope(audience, scopesOf(context));
      await smart.keep(context, await grant.save());
      return grant;
    },
  };
  const provider = new Provider(issuer, configuration);
  provider.proxy = false;
  provider.on('authorization.success', (context) => smart.used(context));
  // SMART App Launch 2.2, 2.0.8: the context of the launch stands beside the token.
  provider.use(async (context, next) => {
    await next();
    const { oidc, body } = context;
    if (oidc?.route !== 'token' || typeof body !== 'object' || !('access_token' in body)) return;
    const launched = await smart.contextOf(oidc.entities.Grant?.jti);
    if (launched !== undefined) context.body = { ...body, ...launched, need_patient_banner: true };
  });
  return provider;
}
