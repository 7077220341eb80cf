import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultAzureCredential, type TokenCredential } from '@azure/identity';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { startTestIdentity, type TestIdentity } from '../../fixtures/identity.ts';
import { type SpawnedServer, spawnServer } from '../../spawn.ts';
import { localCertificate } from '../../tls.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly challenge?: string;
}

/** A vault that contract tests run against, through the unmodified clients. */
export interface TestVault {
  readonly keys: KeyClient;
  cryptography(kid: string | undefined): CryptographyClient;
  /** A name that no other run uses. */
  name(of: string): string;
  /** A call as the client would not make it; with a token unless headers are given. */
  post(path: string, body: object | string, headers?: Record<string, string>): Promise<Answer>;
  /** Purges the keys whose names it gave, and stops. */
  close(): Promise<void>;
}

/** The local vault, with what only it has: a key `given` from the start. */
export interface LocalVault extends TestVault {
  readonly identity: TestIdentity;
  /** Certificate authority. */
  readonly ca: string;
  /** What it was started with. */
  readonly options: Readonly<Record<string, unknown>>;
  server: SpawnedServer;
}

/** Starts a local vault; or, when KEY_VAULT_URL names one, uses that as whoever is signed in (Key Vault Crypto Officer, purging allowed). */
export async function openVault(): Promise<TestVault> {
  const azure = process.env['KEY_VAULT_URL'];
  if (azure === undefined) return openLocalVault();
  return vaultOf(azure.replace(/\/$/, ''), new DefaultAzureCredential(), undefined, async (keys, names) => {
    for (const name of names) {
      await keys.beginDeleteKey(name).then(
        (poller) => poller.pollUntilDone(),
        () => undefined,
      );
      await keys.purgeDeletedKey(name).catch(() => undefined);
    }
  });
}

/** Starts a local vault, for what Azure cannot be asked. */
export async function openLocalVault(): Promise<LocalVault> {
  const state = mkdtempSync(join(tmpdir(), 'key-vault-test-'));
  const tls = await localCertificate(state);
  const ca = readFileSync(tls.ca, 'utf8');
  const identity = await startTestIdentity(state);
  const options = { port: 0, state: join(state, 'vault'), tls, keys: ['given'], issuer: identity.issuer };
  const server = await spawnServer('key-vault', options);
  const vault: LocalVault = {
    ...vaultOf(server.endpoint, identity.credential, ca, async () => {
      await Promise.all([vault.server.stop(), identity.server.stop()]);
      rmSync(state, { recursive: true, force: true });
    }),
    ...{ identity, ca, server, options: { ...options, port: server.port } },
  };
  return vault;
}

function vaultOf(
  endpoint: string,
  credential: TokenCredential,
  ca: string | undefined,
  end: (keys: KeyClient, names: readonly string[]) => Promise<void>,
): TestVault {
  const options = {
    disableChallengeResourceVerification: ca !== undefined,
    retryOptions: { maxRetries: 0 },
    ...(ca !== undefined && { tlsOptions: { ca } }),
  };
  const keys = new KeyClient(endpoint, credential, options);
  const run = randomUUID().slice(0, 8);
  const names = new Set<string>();
  return {
    keys,
    cryptography: (kid) => new CryptographyClient(String(kid), credential, options),
    name(of) {
      names.add(`${of}-${run}`);
      return `${of}-${run}`;
    },
    async post(path, body, headers) {
      const { token = '' } = (await credential.getToken('https://vault.azure.net/.default')) ?? {};
      const given = headers ?? { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      return send(`${endpoint}${path}?api-version=7.5`, body, given, ca);
    },
    close: () => end(keys, [...names]),
  };
}

function send(
  url: string,
  body: object | string,
  headers: Record<string, string>,
  ca: string | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', ...(ca && { ca }), headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        const challenge = response.headers['www-authenticate'];
        const answer = { status: response.statusCode ?? 0, body: JSON.parse(text || 'null') };
        resolve({ ...answer, ...(challenge !== undefined && { challenge }) });
      });
    });
    call.on('error', reject);
    call.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

export async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of pages) found.push(one);
  return found;
}
