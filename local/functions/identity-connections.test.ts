import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CosmosClient } from '@azure/cosmos';
import { eventually } from '../fixtures/eventually.ts';
import { startTestIdentity } from '../fixtures/identity.ts';
import { startTestWebhook, type TestWebhook } from '../fixtures/webhook.ts';
import { type SpawnedServer, spawnServer } from '../spawn.ts';
import { localCertificate } from '../tls.ts';
import { appOf, type TemporaryApp, temporaryApp } from './fixtures/temporary-app.ts';

/** An app without a key: every connection is an address and the managed identity. */
const code = `
const store = { connection: 'Store', databaseName: 'd', containerName: 'orders' };
const toStore = output.cosmosDB(store);
const toBlob = output.storageBlob({ connection: 'Blobs', path: 'receipts/{id}.json' });
const toQueue = output.serviceBusQueue({ queueName: 'placed', connection: 'Bus' });
app.post('place', {
  route: 'orders/{id}',
  extraOutputs: [toStore, toBlob, toQueue],
  handler: async (request, { extraOutputs }) => {
    const order = { id: request.params.id };
    for (const output of [toStore, toBlob, toQueue]) extraOutputs.set(output, order);
    return { status: 202 };
  },
});
const receipt = input.storageBlob({ connection: 'Blobs', path: 'receipts/{id}.json' });
const toTopic = output.eventGrid({ connection: 'Topic' });
app.serviceBusQueue('answer', {
  queueName: 'placed',
  connection: 'Bus',
  extraInputs: [receipt],
  extraOutputs: [toTopic],
  handler: async ({ id }, { extraInputs, extraOutputs }) => {
    const data = JSON.parse(String(extraInputs.get(receipt)));
    extraOutputs.set(toTopic, { specversion: '1.0', id: 'event-' + id, type: 'order.placed', source: '/orders', data });
  },
});
const changed = [];
app.cosmosDB('changed', { ...store, leaseContainerName: 'leases', startFromBeginning: true, handler: async (documents) => void changed.push(...documents) });
app.get('changes', { handler: async () => ({ jsonBody: changed.map(({ id }) => id) }) });
`;

const key = Buffer.from('a test key').toString('base64');
let state: string;
let app: TemporaryApp;
let host: SpawnedServer;
let hook: TestWebhook;
const servers: SpawnedServer[] = [];

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'functions-identity-'));
  app = temporaryApp({ 'main.ts': appOf(code) });
  const tls = await localCertificate(state);
  const identity = await startTestIdentity(state);
  const common = { issuer: identity.issuer, tls };
  const config = { UserConfig: { Namespaces: [{ Name: 'n', Queues: [{ Name: 'placed', Properties: {} }] }] } };
  hook = await startTestWebhook();
  const subscription = {
    name: 'hook',
    properties: { destination: { endpointType: 'WebHook', properties: { endpointUrl: hook.url } } },
  };
  const start = (name: string, options: object): Promise<SpawnedServer> =>
    spawnServer(name, { port: 0, state: join(state, name), key, ...common, ...options });
  const [cosmos, bus, eventGrid, blobs] = await Promise.all([
    start('cosmos', {}),
    start('service-bus', { administrationPort: 0, config }),
    start('event-grid', { topics: [{ name: 'orders', key, subscriptions: [subscription] }] }),
    start('blobs', { account: 'test' }),
  ]);
  servers.push(identity.server, cosmos, bus, eventGrid, blobs);
  // What a deployment makes: data rights do not reach that far.
  const store = new CosmosClient({ endpoint: cosmos.endpoint, key });
  const { database } = await store.databases.create({ id: 'd' });
  for (const id of ['orders', 'leases']) await database.containers.create({ id, partitionKey: { paths: ['/id'] } });
  store.dispose();
  process.env['NODE_EXTRA_CA_CERTS'] = tls.ca;
  const secure = ({ endpoint }: SpawnedServer): string => endpoint.replace('http:', 'https:');
  host = await app.start({
    settings: {
      Store__accountEndpoint: secure(cosmos),
      Store__credential: 'managedidentity',
      Blobs__serviceUri: secure(blobs),
      Bus__fullyQualifiedNamespace: `localhost:${bus.port}`,
      Bus__credential: 'managedidentity',
      Topic__topicEndpointUri: `${secure(eventGrid)}/orders/api/events`,
      Topic__credential: 'managedidentity',
    },
  });
});
after(async () => {
  await host?.stop();
  await Promise.all([...servers.map((server) => server.stop()), hook?.close()]);
  app?.remove();
  rmSync(state, { recursive: true, force: true });
});

test('triggers and bindings work with a managed identity and without a key', async () => {
  assert.equal((await fetch(`${host.endpoint}/orders/o1`, { method: 'POST' })).status, 202);
  const event = await eventually('the event', () =>
    hook.requests.find(({ headers }) => headers['aeg-event-type'] === 'Notification'),
  );
  assert.deepEqual(JSON.parse(event.body).data, { id: 'o1' });
  await eventually('the change', async () => {
    const changes = (await (await fetch(`${host.endpoint}/changes`)).json()) as string[];
    return changes.includes('o1');
  });
  assert.doesNotMatch(readFileSync(join(app.state, 'keys.json'), 'utf8'), new RegExp(key));
});
