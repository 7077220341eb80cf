import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type SpawnedServer, spawnServer } from '../../local/spawn.ts';
import { localCertificate } from '../../local/tls.ts';

const run = promisify(execFile);
const script = join(import.meta.dirname, '../../test/support/vault-round-trip.ts');
let state: string;
let identity: SpawnedServer;
let vault: SpawnedServer;
let authority: string;
let options: object;

before(async () => {
  state = await mkdtemp(join(tmpdir(), 'wardline-vault-'));
  const tls = await localCertificate(state);
  authority = tls.ca;
  identity = await spawnServer('identity', {
    port: 0,
    state: join(state, 'identity'),
    users: [],
    audience: 'wardline',
    client: { id: 'pages', redirectUris: ['http://localhost:1/callback'], origins: ['http://localhost:1'] },
    identityHeader: 'header-of-this-test',
    adminKey: 'key-of-this-test',
  });
  const issuer = identity.endpoint;
  options = { port: 0, state: join(state, 'vault'), tls, keys: ['trust-rr8'], issuer };
  vault = await spawnServer('key-vault', options);
});
after(async () => {
  await Promise.all([identity?.stop(), vault?.stop()]);
  await rm(state, { recursive: true, force: true });
});

/** The application's own process trusts the local certificate, and finds its identity where Azure puts it. */
const roundTrip = (keyName: string, header: string, ...later: string[]): Promise<{ stdout: string }> =>
  run(process.execPath, [script, vault.endpoint, keyName, ...later], {
    env: {
      ...process.env,
      NODE_EXTRA_CA_CERTS: authority,
      IDENTITY_ENDPOINT: `${identity.endpoint}/msi/token`,
      IDENTITY_HEADER: header,
    },
  });

test('a data key is wrapped and unwrapped by Key Vault, and a text signed, with the managed identity', async () => {
  const { stdout } = await roundTrip('trust-rr8', 'header-of-this-test');
  const { kid, ...rest } = JSON.parse(stdout);
  assert.match(kid, /^\/keys\/trust-rr8\/[0-9a-f]{32}$/);
  assert.deepEqual(rest, { signed: true, same: true, hidden: true, refused: true });
});

test('what a key wrapped opens when the vault answers at another address', async (context) => {
  const moved = await spawnServer('key-vault', options);
  context.after(() => moved.stop());
  assert.notEqual(moved.endpoint, vault.endpoint);
  const { stdout } = await roundTrip('trust-rr8', 'header-of-this-test', moved.endpoint);
  assert.equal(JSON.parse(stdout).same, true);
});

test('without its identity, or for a key that was never made, nothing is wrapped', async () => {
  await assert.rejects(roundTrip('trust-rr8', 'wrong'));
  await assert.rejects(roundTrip('trust-unknown', 'header-of-this-test'));
});
