import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { importJWK, SignJWT } from 'jose';
import { readBody, sendJson } from '../http-json.ts';
import { listen } from '../http-server.ts';
import { sameText } from '../same-text.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import { loginPage } from './login-page.ts';
import { type ManagedIdentity, managedIdentityEndpoint, systemAssigned } from './managed-identity.ts';
import { createProvider, type LocalClient } from './provider.ts';
import { SigningKeys } from './signing-keys.ts';
import { createAdapter } from './state.ts';
import { claimsOf, type LocalUser } from './users.ts';

export interface IdentityOptions extends ServerOptions {
  readonly users: readonly LocalUser[];
  /** Audience of access tokens. */
  readonly audience: string;
  readonly client: LocalClient;
  /** What a process must show to get the managed identity's tokens (IDENTITY_HEADER). */
  readonly identityHeader: string;
  /** User-assigned identities beside the system-assigned one. */
  readonly identities?: readonly ManagedIdentity[];
  /** Key of `POST /token-for`, with which scripts get a user's token, and of `POST /rotate-signing-key`. */
  readonly adminKey: string;
}

const tokenLifetime = 3600;
const maximumForm = 16 * 1024;

/** Starts an OpenID Connect provider and a managed-identity endpoint. */
export async function startIdentity(options: IdentityOptions): Promise<RunningServer> {
  const keys = await SigningKeys.open(options.state);
  const server = createServer();
  const running = await listen(server, options.port);
  const issuer = `http://localhost:${running.port}`;
  const find = (name: string | undefined): LocalUser | undefined => options.users.find(({ user }) => user === name);
  const adapter = createAdapter(join(options.state, 'identity.db'));
  const { audience, client, adminKey: cookieKey } = options;
  const open = () =>
    createProvider({ issuer, audience, client, cookieKey, keys: keys.all, adapter, find, tokenLifetime });
  let provider = open();

  const issue = async (forAudience: string, claims: Readonly<Record<string, unknown>>): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: String(keys.current.kid), typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(forAudience)
      .setIssuedAt()
      .setNotBefore('0s')
      .setExpirationTime(`${tokenLifetime}s`)
      .sign(await importJWK(keys.current, 'RS256'));
  const managedIdentity = managedIdentityEndpoint({
    identities: [systemAssigned, ...(options.identities ?? [])],
    header: options.identityHeader,
    lifetime: tokenLifetime,
    issue,
  });
  const isAdmin = (request: IncomingMessage): boolean =>
    sameText(String(request.headers['x-admin-key'] ?? ''), options.adminKey);

  const routes: Readonly<
    Record<string, (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<unknown>>
  > = {
    'GET /msi/token': async (request, response, url) => {
      const { status, body } = await managedIdentity(request, url.searchParams, Date.now());
      sendJson(response, status, body);
    },
    'POST /token-for': async (request, response) => {
      if (!isAdmin(request)) return sendJson(response, 401, { error: 'The admin key is missing or wrong.' });
      const { user: name } = JSON.parse((await readBody(request, maximumForm)).toString()) as { user?: string };
      const user = find(name);
      if (user === undefined)
        return sendJson(response, 404, {
          error: `There is no user "${name}". There are: ${options.users.map((one) => one.user).join(', ')}.`,
        });
      const token = await issue(audience, { sub: user.user, ...claimsOf(user) });
      return sendJson(response, 200, { access_token: token, expires_in: tokenLifetime });
    },
    'POST /rotate-signing-key': async (request, response) => {
      if (!isAdmin(request)) return sendJson(response, 401, { error: 'The admin key is missing or wrong.' });
      await keys.rotate();
      provider = open();
      return sendJson(response, 200, { kid: keys.current.kid });
    },
  };
  const interact = async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    if (request.method === 'GET')
      return void response
        .writeHead(200, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        })
        .end(loginPage(options.users, path));
    const form = new URLSearchParams((await readBody(request, maximumForm)).toString());
    const user = find(form.get('user') ?? undefined);
    if (user === undefined) return sendJson(response, 400, { error: 'Choose one of the users.' });
    return provider.interactionFinished(
      request,
      response,
      { login: { accountId: user.user } },
      { mergeWithLastSubmission: false },
    );
  };

  server.on('request', async (request, response) => {
    try {
      const url = new URL(request.url ?? '/', issuer);
      const route = routes[`${request.method} ${url.pathname}`];
      if (route !== undefined) return await route(request, response, url);
      if (/^\/interaction\/[\w-]+$/.test(url.pathname)) return await interact(request, response, url.pathname);
      return await provider.callback()(request, response);
    } catch {
      if (!response.headersSent)
        sendJson(response, 400, { error: 'The request is malformed or its sign-in has expired. Start again.' });
      return undefined;
    }
  });
  return { port: running.port, endpoint: issuer, close: running.close };
}
