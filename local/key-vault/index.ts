import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { bearerToken, EntraTokenError, entraTokenVerifier } from '../entra-token.ts';
import { readBody, sendJson } from '../http-json.ts';
import { listen } from '../http-server.ts';
import { parseJson } from '../parse-json.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import { type LocalCertificate, readCertificate } from '../tls.ts';
import { badParameter, KeyVaultError, notSupported } from './errors.ts';
import { makeKey } from './key-material.ts';
import { allOperations, KeyStore } from './key-store.ts';
import { operations } from './operations.ts';

export interface KeyVaultOptions extends ServerOptions {
  readonly tls: LocalCertificate;
  /** Names of RSA keys that exist from the start. */
  readonly keys: readonly string[];
  /** Endpoint of the identity server whose tokens are accepted. */
  readonly issuer: string;
}

const resource = 'https://vault.azure.net';
const maximumBody = 64 * 1024;

/** Starts a Key Vault (TLS, since its clients insist on it) with RSA keys. */
export async function startKeyVault(options: KeyVaultOptions): Promise<RunningServer> {
  const log = options.log ?? (() => {});
  const store = new KeyStore(options.state);
  const seconds = (): number => Math.floor(Date.now() / 1000);
  for (const name of options.keys)
    if (store.find(name) === undefined)
      store.add(name, makeKey({ kty: 'RSA' }), seconds(), { enabled: true, operations: allOperations });
  const verifyToken = entraTokenVerifier({ issuer: options.issuer, audiences: [resource] });
  let endpoint = '';
  const answer = async (request: IncomingMessage): Promise<readonly [number, object?]> => {
    const url = new URL(request.url ?? '/', endpoint);
    await authorize(request, verifyToken);
    const path = segments(url.pathname);
    const found = operations.find(([method, pattern]) => method === request.method && matches(pattern, path));
    if (found === undefined) {
      if (!['keys', 'deletedkeys'].includes(path[0] ?? '')) throw notSupported('Anything but keys');
      throw new KeyVaultError(405, 'MethodNotAllowed', `There is no operation ${request.method} at this path.`);
    }
    const [, pattern, operation] = found;
    const names = pattern.split('/').flatMap((part, index) => (part === '*' ? [path[index] ?? ''] : []));
    return operation({
      store,
      endpoint,
      now: seconds(),
      names,
      query: url.searchParams,
      body: await readJson(request),
    });
  };
  const server = createServer(readCertificate(options.tls), async (request, response) => {
    try {
      const [status, body] = await answer(request);
      if (body === undefined) response.writeHead(status).end();
      else sendJson(response, status, body);
    } catch (error) {
      const known =
        error instanceof KeyVaultError ? error : new KeyVaultError(500, 'InternalServerError', 'The call failed.');
      if (known !== error) log(`key-vault: ${String(error)}`);
      if (known.status === 401) response.setHeader('www-authenticate', challenge);
      sendJson(response, known.status, known.body, known.status === 413 ? { connection: 'close' } : {});
    }
  });
  const running = await listen(server, options.port);
  endpoint = `https://localhost:${running.port}`;
  return { port: running.port, endpoint, close: running.close };
}

/** Where a client gets its token, and for what (https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses). */
const challenge = `Bearer authorization="https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000", resource="${resource}"`;

async function authorize(request: IncomingMessage, verifyToken: ReturnType<typeof entraTokenVerifier>): Promise<void> {
  const token = bearerToken(request.headers.authorization);
  if (token === undefined)
    throw new KeyVaultError(401, 'Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.');
  try {
    await verifyToken(token);
  } catch (error) {
    if (!(error instanceof EntraTokenError)) throw error;
    throw new KeyVaultError(401, 'Unauthorized', `AKV10032: ${error.message}`);
  }
}

/** The words of operations are compared without regard to case (`wrapKey`, `wrapkey`); a slash at the end means the newest version. */
function matches(pattern: string, path: readonly string[]): boolean {
  const parts = pattern.split('/');
  return (
    parts.length === path.length && parts.every((part, index) => part === '*' || part === path[index]?.toLowerCase())
  );
}

function segments(path: string): string[] {
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    throw badParameter('The path is not encoded as it should be.');
  }
}

async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = (await readBody(request, maximumBody)).toString();
  } catch (error) {
    if (error instanceof RangeError)
      throw new KeyVaultError(413, 'RequestEntityTooLarge', `A request has at most ${maximumBody} bytes.`);
    throw error;
  }
  if (text === '') return {};
  try {
    const parsed = parseJson(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Readonly<Record<string, unknown>>;
  } catch {}
  throw badParameter('The request body must be a JSON object.');
}
