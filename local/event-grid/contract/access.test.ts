import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { AzureKeyCredential, AzureSASCredential, generateSharedAccessSignature } from '@azure/eventgrid';
import { cloudEvent, type LocalTopics, openLocalTopics, type TopicName } from './support.ts';

/** Keys and identities of this machine's own. */
let on: LocalTopics;
before(async () => {
  on = await openLocalTopics();
});
after(() => on?.close());

test('a key, a signature and a managed identity open a topic; nothing else does', async () => {
  const later = new Date(Date.now() + 60_000);
  const { key } = on.topics.cloud;
  const sas = (topic: TopicName, expires: Date, withKey = key) =>
    generateSharedAccessSignature(on.topics[topic].endpoint, new AzureKeyCredential(withKey), expires);
  const send = async (credential: AzureKeyCredential | AzureSASCredential): Promise<number> =>
    on
      .publisher(credential)
      .send([cloudEvent()])
      .then(
        () => 200,
        (error: { statusCode: number }) => error.statusCode,
      );
  assert.equal(await send(new AzureKeyCredential(key)), 200);
  assert.equal(await send(new AzureSASCredential(await sas('cloud', later))), 200);
  assert.equal(await send(new AzureKeyCredential('d3Jvbmc=')), 401);
  assert.equal(await send(new AzureSASCredential(await sas('cloud', new Date(Date.now() - 1000)))), 401);
  assert.equal(await send(new AzureSASCredential(await sas('grid', later))), 401);
  assert.equal(await send(new AzureSASCredential(await sas('cloud', later, 'd3Jvbmc='))), 401);
  assert.equal(await send(new AzureSASCredential('r=%zz&e=&s=%zz')), 401);
  const post = (headers: Record<string, string>) =>
    fetch(on.topics.cloud.endpoint, {
      method: 'POST',
      headers,
      body: JSON.stringify({ ...cloudEvent(), id: 'x', specversion: '1.0' }),
    });
  const bearer = async (audience: string) => ({ authorization: `Bearer ${await on.identity.token(audience)}` });
  assert.equal((await post(await bearer('https://eventgrid.azure.net'))).status, 200);
  assert.equal((await post(await bearer('https://vault.azure.net'))).status, 401);
  assert.equal((await post({})).status, 401);
});

test('the unmodified client publishes with a managed identity over TLS, on the same port', async () => {
  const script = join(import.meta.dirname, '../../fixtures/publish-with-identity.ts');
  const endpoint = on.topics.cloud.endpoint.replace('http:', 'https:');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, endpoint],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: on.authority } },
  );
  assert.equal(stdout.trim(), 'published');
});
