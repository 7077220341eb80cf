import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createLocalJWKSet, importJWK, jwtVerify, SignJWT } from 'jose';
import { readBody, sendJson } from '../http-json.ts';
import { listen } from '../http-server.ts';
import { sameText } from '../same-text.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import { loginPage } from './login-page.ts';
import { type ManagedIdentity, managedIdentityEndpoint, systemAssigned } from './managed-identity.ts';
import { patientPage, patientsAt } from './patient-page.ts';
import { createProvider, type LocalClient } from './provider.ts';
import { SigningKeys } from './signing-keys.ts';
import type { SmartOptions } from './smart-app.ts';
import { SmartLaunch } from './smart-launch.ts';
import { createAdapter } from './state.ts';
import { claimsOf, type LocalUser } from './users.ts';

export interface IdentityOptions extends ServerOptions {
  readonly users: readonly LocalUser[];
  /** Audience of access tokens. */
  readonly audience: string;
  readonly client: LocalClient;
  /** Apps that people launch, and for which FHIR servers (SMART App Launch). */
  readonly smart?: SmartOptions;
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
  const smart = new SmartLaunch(options.smart ?? { apps: [], audiences: [] }, adapter, find);
  const open = () =>
    createProvider({ issuer, audience, client, cookieKey, keys: keys.all, adapter, smart, find, tokenLifetime });
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
      const token = await issue(audience, { sub: user.user, client_id: client.id, ...claimsOf(user) });
      return sendJson(response, 200, { access_token: token, expires_in: tokenLifetime });
    },
    // A page of the record launches an app with the patient on the screen (SMART App Launch, EHR launch). An app cannot: it would
    // choose its own patient.
    'POST /launches': async (request, response) => {
      const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const user = await jwtVerify(token, createLocalJWKSet({ keys: keys.published }), { issuer, audience }).then(
        ({ payload }) => (payload['client_id'] === client.id ? payload.sub : undefined),
        () => undefined,
      );
      if (user === undefined)
        return sendJson(response, 401, { error: 'A token of somebody who signed in to the record is needed.' });
      const { patient } = JSON.parse((await readBody(request, maximumForm)).toString()) as { patient?: unknown };
      const begun = await smart.begin(user, patient);
      return begun === undefined
        ? sendJson(response, 400, { error: 'patient is the id of a Patient.' })
        : sendJson(response, 201, begun);
    },
    'POST /rotate-signing-key': async (request, response) => {
      if (!isAdmin(request)) return sendJson(response, 401, { error: 'The admin key is missing or wrong.' });
      await keys.rotate();
      provider = open();
      return sendJson(response, 200, { kid: keys.current.kid });
    },
  };
  const show = (response: ServerResponse, html: string): void =>
    void response
      .writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      })
      .end(html);

  const interact = async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    const { prompt, params, session } = await provider.interactionDetails(request, response);
    const form =
      request.method === 'GET' ? undefined : new URLSearchParams((await readBody(request, maximumForm)).toString());
    if (prompt.name === 'login') {
      if (form === undefined) return show(response, loginPage(options.users, path));
      const user = find(form.get('user') ?? undefined);
      if (user === undefined) return sendJson(response, 400, { error: 'Choose one of the users.' });
      return provider.interactionFinished(request, response, { login: { accountId: user.user } });
    }
    if (form === undefined) {
      const user = find(session?.accountId);
      const token = user && (await issue(audience, { sub: user.user, client_id: client.id, ...claimsOf(user) }));
      const patients = token === undefined ? [] : await patientsAt(String(params['aud']), token);
      return show(response, patientPage(smart.app(String(params['client_id']))?.name ?? '', patients, path));
    }
    const patient = form.get('patient') ?? form.get('other') ?? '';
    if (!/^[A-Za-z0-9.-]{1,64}$/.test(patient)) return sendJson(response, 400, { error: 'Choose a patient by id.' });
    return provider.interactionFinished(request, response, { [prompt.name]: { patient } });
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
