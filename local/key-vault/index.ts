import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { bearerToken, EntraTokenError, entraTokenVerifier } from '../entra-token.ts';
import { readBody, sendJson } from '../http-json.ts';
import { listen } from '../http-server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import { type LocalCertificate, readCertificate } from '../tls.ts';
import { isSignatureAlgorithm, signDigest } from './sign-digest.ts';

export interface KeyVaultOptions extends ServerOptions {
  readonly tls: LocalCertificate;
  /** Names of RSA keys that exist from the start. */
  readonly keys: readonly string[];
  /** Endpoint of the identity server whose tokens are accepted. */
  readonly issuer: string;
}

interface StoredKey {
  readonly name: string;
  readonly version: string;
  readonly created: number;
  readonly pem: string;
}

const resource = 'https://vault.azure.net';
const algorithm = 'RSA-OAEP-256';

/** Starts a Key Vault (TLS) with RSA keys: get, wrap, unwrap and sign. Anything else is refused by name. */
export async function startKeyVault(options: KeyVaultOptions): Promise<RunningServer> {
  const keys = openKeys(options.state, options.keys);
  const verifyToken = entraTokenVerifier({ issuer: options.issuer, audiences: [resource] });
  let endpoint = '';
  const describe = ({ name, version, created, pem }: StoredKey): object => {
    const { kty, n, e } = createPublicKey(pem).export({ format: 'jwk' }) as JsonWebKey;
    return {
      key: {
        kid: `${endpoint}/keys/${name}/${version}`,
        kty,
        n,
        e,
        key_ops: ['wrapKey', 'unwrapKey', 'sign', 'verify'],
      },
      attributes: { enabled: true, created, updated: created, recoveryLevel: 'Purgeable' },
    };
  };
  const server = createServer(readCertificate(options.tls), async (request, response) => {
    const fail = (status: number, code: string, message: string): void =>
      sendJson(response, status, { error: { code, message } });
    try {
      const url = new URL(request.url ?? '/', endpoint);
      const token = bearerToken(request.headers.authorization);
      if (token === undefined) {
        response.setHeader(
          'www-authenticate',
          `Bearer authorization="https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000", resource="${resource}"`,
        );
        return fail(401, 'Unauthorized', 'AKV10000: Request is missing a Bearer token.');
      }
      try {
        await verifyToken(token);
      } catch (error) {
        if (!(error instanceof EntraTokenError)) throw error;
        return fail(401, 'Unauthorized', `AKV10032: ${error.message}`);
      }
      const [collection, name, version, operation] = url.pathname.split('/').filter((part) => part !== '');
      if (collection !== 'keys' || name === undefined)
        return fail(501, 'NotSupported', 'This local vault serves keys only.');
      const key = keys.find((one) => one.name === name && (version === undefined || one.version === version));
      if (key === undefined)
        return fail(404, 'KeyNotFound', `A key with (name/id) ${name} was not found in this key vault.`);
      if (request.method === 'GET' && operation === undefined) return sendJson(response, 200, describe(key));
      if (request.method !== 'POST' || !/^(wrapkey|unwrapkey|sign)$/.test(operation ?? ''))
        return fail(501, 'NotSupported', `${operation ?? request.method} is not supported by this local vault.`);
      const body = JSON.parse((await readBody(request)).toString()) as { alg?: string; value?: string };
      const answer = (value: Buffer): void =>
        sendJson(response, 200, {
          kid: `${endpoint}/keys/${name}/${key.version}`,
          value: value.toString('base64url'),
        });
      if (operation === 'sign') {
        const digest = Buffer.from(body.value ?? '', 'base64url');
        if (!isSignatureAlgorithm(body.alg) || digest.length !== 32)
          return fail(400, 'BadParameter', 'This local vault signs SHA-256 digests with RS256 or PS256.');
        return answer(signDigest(body.alg, createPrivateKey(key.pem), digest));
      }
      if (body.alg !== algorithm)
        return fail(400, 'BadParameter', `Only ${algorithm} is supported by this local vault.`);
      const bytes = Buffer.from(body.value ?? '', 'base64url');
      const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
      const privateKey: KeyObject = createPrivateKey(key.pem);
      answer(
        operation === 'wrapkey'
          ? publicEncrypt({ key: createPublicKey(key.pem), ...padding }, bytes)
          : privateDecrypt({ key: privateKey, ...padding }, bytes),
      );
    } catch {
      fail(400, 'BadParameter', 'The request is malformed, or the value was wrapped with another key.');
    }
  });
  const running = await listen(server, options.port);
  endpoint = `https://localhost:${running.port}`;
  return { port: running.port, endpoint, close: running.close };
}

/** Reads the keys, and makes what is missing; written to a new file first, so that a crash leaves the old one whole. */
function openKeys(state: string, names: readonly string[]): StoredKey[] {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const file = join(state, 'keys.json');
  const keys: StoredKey[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  const missing = names.filter((name) => !keys.some((key) => key.name === name));
  for (const name of missing) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    keys.push({
      name,
      version: randomBytes(16).toString('hex'),
      created: Math.floor(Date.now() / 1000),
      pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    });
  }
  if (missing.length > 0) {
    writeFileSync(`${file}.new`, JSON.stringify(keys), { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  return keys;
}
