import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { jwtVerify } from 'jose';
import { eventually } from '../../fixtures/eventually.ts';
import { everything, type LocalHub, openLocalHub, openSocket } from './support.ts';

/** Keys, hubs and identities of this machine's own. */
let hub: LocalHub;
before(async () => {
  hub = await openLocalHub();
});
after(() => hub?.close());

test('wrong keys, hubs, tokens and protocols let nobody in', async () => {
  await assert.rejects(hub.serviceOf(hub.name, 'another access key, long enough as well').sendToAll({}), {
    statusCode: 401,
  });
  await assert.rejects(hub.serviceOf('nowhere').sendToAll({}), { statusCode: 404 });
  const { url } = await hub.service.getClientAccessToken({});
  const other = await hub.serviceOf(hub.name, 'another access key, long enough as well').getClientAccessToken({});
  await assert.rejects(openSocket(other.url), /401/);
  await assert.rejects(openSocket(url.replace(/\?.*/, '')), /401/);
  await assert.rejects(openSocket(url.replace('/boards?', '/nowhere?')), /404/);
  await assert.rejects(openSocket(url.replace('/boards?', '/chat?')), /401/);
  await assert.rejects(openSocket(url.replace('/client/', '/clients/mqtt/')), /404/);
  await assert.rejects(openSocket(url, 'protobuf.webpubsub.azure.v1'), /400/);
  const headers = { authorization: 'Bearer x.y.z' };
  assert.equal((await fetch(`${hub.endpoint}/api/hubs/${hub.name}/:send`, { method: 'POST', headers })).status, 401);
  assert.equal((await fetch(`${hub.endpoint}/api/health`)).status, 200);
});

test('servers with a managed identity send and make client tokens over TLS, on the same port', async () => {
  const script = join(import.meta.dirname, '../../fixtures/push-with-identity.ts');
  const listener = await hub.connect({ userId: 'identity' });
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, hub.endpoint.replace('http:', 'https:'), hub.name],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: hub.authority } },
  );
  const { token, joined } = JSON.parse(stdout);
  assert.equal(joined, true);
  await eventually('the message', () => listener.server.length === 1);
  const { payload } = await jwtVerify(token, new TextEncoder().encode(hub.key));
  assert.deepEqual([payload.sub, payload['role'], payload['webpubsub.group']], ['made', everything, ['g']]);
  const wrong = await hub.identity.token('https://vault.azure.net');
  const refused = await fetch(`${hub.endpoint}/api/hubs/${hub.name}/:closeConnections`, {
    method: 'POST',
    headers: { authorization: `Bearer ${wrong}` },
  });
  assert.equal(refused.status, 401);
});
