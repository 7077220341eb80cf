import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeJwt } from 'jose';
import { type SpawnedServer, spawnServer } from '../spawn.ts';
import { callHttp } from './call-http.ts';
import { type FixtureHost, startFixtureHost } from './fixtures/host.ts';

const identityHeader = 'a header of this test';
const resource = 'https://management.core.windows.net/';

let state: string;
let identity: SpawnedServer;
let host: FixtureHost;
before(async () => {
  state = mkdtempSync(join(tmpdir(), 'call-http-test-'));
  identity = await spawnServer('identity', {
    port: 0,
    state,
    users: [],
    audience: 'api://test',
    client: { id: 'test', redirectUris: ['http://localhost/'], origins: [] },
    identityHeader,
    adminKey: 'a key of this test',
  });
  host = await startFixtureHost({
    IDENTITY_ENDPOINT: `http://localhost:${identity.port}/msi/token`,
    IDENTITY_HEADER: identityHeader,
  });
});
after(async () => {
  await host?.stop();
  await identity?.stop();
  rmSync(state, { recursive: true, force: true });
});

const whoAsks = () => `http://localhost:${host.port}/who-asks`;

test('a request with a token source carries a token of the managed identity', async () => {
  const tokenSource = { kind: 'AzureManagedIdentity', resource };
  const id = await host.start('http', { method: 'GET', url: whoAsks(), tokenSource });
  const { content } = (await host.output(id)) as { content: string };
  assert.match(content, /^Bearer /);
  assert.equal(decodeJwt(content.slice('Bearer '.length)).aud, resource);
});

test('a request without one carries none', async () => {
  const { content } = (await host.output(await host.start('http', { method: 'GET', url: whoAsks() }))) as {
    content: string;
  };
  assert.equal(content, 'nobody');
});

test('without a managed identity, or with another kind of token source, the request is not made', async () => {
  const request = { method: 'GET', uri: whoAsks(), tokenSource: { kind: 'AzureManagedIdentity', resource } };
  await assert.rejects(callHttp(request, {}), /IDENTITY_ENDPOINT/);
  await assert.rejects(callHttp({ ...request, tokenSource: { kind: 'Other', resource } }, {}), /"Other"/);
  const wrong = { IDENTITY_ENDPOINT: `http://localhost:${identity.port}/msi/token`, IDENTITY_HEADER: 'wrong' };
  await assert.rejects(callHttp(request, wrong), /answered 401/);
});
