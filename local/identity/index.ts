import { createServer } from 'node:http';
import { join } from 'node:path';
import { importJWK, SignJWT } from 'jose';
import { errors, Provider } from 'oidc-provider';
import { readBody, sendJson } from '../http-json.ts';
import { listen } from '../http-server.ts';
import { sameText } from '../same-text.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import { loginPage } from './login-page.ts';
import { type ManagedIdentity, managedIdentityEndpoint, systemAssigned } from './managed-identity.ts';
import { openSigningKey } from './signing-key.ts';
import { createAdapter } from './state.ts';
import { claimsOf, type LocalUser } from './users.ts';

export interface IdentityOptions extends ServerOptions {
  readonly users: readonly LocalUser[];
  /** Audience of access tokens. */
  readonly audience: string;
  /** The public client of the pages, and where they may return to. */
  readonly client: {
    readonly id: string;
    readonly redirectUris: readonly string[];
    readonly origins: readonly string[];
  };
  /** What a process must show to get the managed identity's tokens (IDENTITY_HEADER). */
  readonly identityHeader: string;
  /** User-assigned identities beside the system-assigned one. */
  readonly identities?: readonly ManagedIdentity[];
  /** Key of `POST /token-for`, with which scripts get a user's token. */
  readonly adminKey: string;
}

const tokenLifetime = 3600;

/** Starts an OpenID Connect provider and a managed-identity endpoint. */
export async function startIdentity(options: IdentityOptions): Promise<RunningServer> {
  const signingKey = await openSigningKey(options.state);
  const key = await importJWK(signingKey, 'RS256');
  const server = createServer();
  const running = await listen(server, options.port);
  const issuer = `http://localhost:${running.port}`;
  const find = (name: string | undefined): LocalUser | undefined => options.users.find(({ user }) => user === name);

  const provider = new Provider(issuer, {
    adapter: createAdapter(join(options.state, 'identity.db')),
    jwks: { keys: [signingKey as never] },
    clients: [
      {
        client_id: options.client.id,
        token_endpoint_auth_method: 'none',
        redirect_uris: [...options.client.redirectUris],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        application_type: 'web',
      },
    ],
    clientBasedCORS: (_context, origin) => options.client.origins.includes(origin),
    pkce: { required: () => true },
    cookies: { keys: [options.adminKey] },
    ttl: {
      AccessToken: tokenLifetime,
      AuthorizationCode: 60,
      Grant: tokenLifetime,
      IdToken: tokenLifetime,
      Interaction: 600,
      Session: 12 * 3600,
    },
    findAccount: (_context, sub) => {
      const user = find(sub);
      return user === undefined ? undefined : { accountId: sub, claims: () => ({ sub, name: user.name }) };
    },
    claims: { openid: ['sub'], profile: ['name'] },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => options.audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => {
          if (resource !== options.audience) throw new errors.InvalidTarget();
          return {
            scope: 'openid profile',
            audience: options.audience,
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
      const { client, session } = context.oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid profile');
      grant.addResourceScope(options.audience, 'openid profile');
      await grant.save();
      return grant;
    },
  });
  provider.proxy = false;
  const callback = provider.callback();

  const issue = (audience: string, claims: Readonly<Record<string, unknown>>): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: String(signingKey.kid), typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt()
      .setNotBefore('0s')
      .setExpirationTime(`${tokenLifetime}s`)
      .sign(key);
  const managedIdentity = managedIdentityEndpoint({
    identities: [systemAssigned, ...(options.identities ?? [])],
    header: options.identityHeader,
    lifetime: tokenLifetime,
    issue,
  });

  server.on('request', async (request, response) => {
    const url = new URL(request.url ?? '/', issuer);
    try {
      if (url.pathname === '/msi/token') {
        const { status, body } = await managedIdentity(request, url.searchParams, Date.now());
        return sendJson(response, status, body);
      }
      if (url.pathname === '/token-for' && request.method === 'POST') {
        if (!sameText(String(request.headers['x-admin-key'] ?? ''), options.adminKey))
          return sendJson(response, 401, { error: 'The admin key is missing or wrong.' });
        const { user: name } = JSON.parse((await readBody(request)).toString()) as { user?: string };
        const user = find(name);
        if (user === undefined)
          return sendJson(response, 404, {
            error: `There is no user "${name}". There are: ${options.users.map((one) => one.user).join(', ')}.`,
          });
        return sendJson(response, 200, {
          access_token: await issue(options.audience, { sub: user.user, ...claimsOf(user) }),
          expires_in: tokenLifetime,
        });
      }
      const interaction = /^\/interaction\/([\w-]+)$/.exec(url.pathname);
      if (interaction !== null) {
        if (request.method === 'GET')
          return void response
            .writeHead(200, {
              'content-type': 'text/html; charset=utf-8',
              'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
            })
            .end(loginPage(options.users, url.pathname));
        const user = find(new URLSearchParams((await readBody(request)).toString()).get('user') ?? undefined);
        if (user === undefined) return sendJson(response, 400, { error: 'Choose one of the users.' });
        return await provider.interactionFinished(
          request,
          response,
          { login: { accountId: user.user } },
          { mergeWithLastSubmission: false },
        );
      }
      await callback(request, response);
    } catch {
      if (!response.headersSent)
        sendJson(response, 400, { error: 'The request is malformed or its sign-in has expired. Start again.' });
    }
  });
  return { port: running.port, endpoint: issuer, close: running.close };
}
