import * as oauth from 'oauth4webapi';

/** How to sign in here; the server tells (`GET /sign-in/settings`). */
interface SignInSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly resource: string;
}

/** The signed-in member of staff. Kept for this tab only and gone when it is closed. */
export interface Session {
  readonly accessToken: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

const sessionKey = 'wardline.session';
const pendingKey = 'wardline.sign-in';

const redirectUri = (): string => `${location.origin}/sign-in/callback`;

/** A local identity provider speaks plain http on this machine; anywhere else TLS is required. */
const transport = (issuer: URL): { [oauth.allowInsecureRequests]?: boolean } =>
  ['localhost', '127.0.0.1'].includes(issuer.hostname) ? { [oauth.allowInsecureRequests]: true } : {};

async function discover(): Promise<{ server: oauth.AuthorizationServer; settings: SignInSettings; issuer: URL }> {
  const settings: SignInSettings = await (await fetch('/sign-in/settings')).json();
  const issuer = new URL(settings.issuer);
  const response = await oauth.discoveryRequest(issuer, transport(issuer));
  return { server: await oauth.processDiscoveryResponse(issuer, response), settings, issuer };
}

/** The session of this tab, if somebody is signed in and the token still holds. */
export function currentSession(): Session | undefined {
  const stored = sessionStorage.getItem(sessionKey);
  if (stored === null) return undefined;
  const session: Session = JSON.parse(stored);
  return session.expiresAt > Date.now() + 5_000 ? session : undefined;
}

/** Leaves for the identity provider (OAuth 2.0 authorization code with PKCE, RFC 7636) and comes back to this page. */
export async function signIn(): Promise<never> {
  const { server, settings } = await discover();
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  sessionStorage.setItem(pendingKey, JSON.stringify({ verifier, state, returnTo: location.pathname + location.hash }));
  if (server.authorization_endpoint === undefined)
    throw new Error('The identity provider names no authorization endpoint.');
  const target = new URL(server.authorization_endpoint);
  target.search = new URLSearchParams({
    client_id: settings.clientId,
    redirect_uri: redirectUri(),
    response_type: 'code',
    scope: 'openid profile',
    resource: settings.resource,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  }).toString();
  location.assign(target);
  return new Promise<never>(() => {});
}

/** Finishes the sign-in on the callback page and returns to where it began. */
export async function finishSignIn(): Promise<void> {
  const pending = sessionStorage.getItem(pendingKey);
  if (pending === null) return location.replace('/');
  const { verifier, state, returnTo } = JSON.parse(pending);
  sessionStorage.removeItem(pendingKey);
  const { server, settings, issuer } = await discover();
  const client: oauth.Client = { client_id: settings.clientId };
  const parameters = oauth.validateAuthResponse(server, client, new URL(location.href), state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    redirectUri(),
    verifier,
    { ...transport(issuer), additionalParameters: { resource: settings.resource } },
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response);
  const session: Session = {
    accessToken: tokens.access_token,
    name: nameIn(tokens.access_token),
    expiresAt: Date.now() + (tokens.expires_in ?? 600) * 1000,
  };
  sessionStorage.setItem(sessionKey, JSON.stringify(session));
  location.replace(returnTo);
}

/** Forgets the session of this tab. */
export function signOut(): void {
  sessionStorage.removeItem(sessionKey);
  location.reload();
}

/** The name to show; the server checks the token, this page only reads it. */
function nameIn(token: string): string {
  const payload = token.split('.')[1] ?? '';
  const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  const claims: { name?: string } = JSON.parse(new TextDecoder().decode(bytes));
  return claims.name ?? 'Signed in';
}
