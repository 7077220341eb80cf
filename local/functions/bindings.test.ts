import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ChangeFeedStartFrom, CosmosClient } from '@azure/cosmos';
import { ServiceBusClient } from '@azure/service-bus';
import { BlobServiceClient } from '@azure/storage-blob';
import { freePort } from '../fixtures/free-port.ts';
import { type SpawnedServer, spawnServer } from '../spawn.ts';

const key = Buffer.from('a test key').toString('base64');
const account = 'devstoreaccount1';
let state: string;
let servers: SpawnedServer[];
let host: SpawnedServer;
let messages: ServiceBusClient;
let store: CosmosClient;
let blobs: BlobServiceClient;

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'functions-bindings-'));
  const queue = (Name: string) => ({ Name, Properties: {} });
  const config = { UserConfig: { Namespaces: [{ Name: 'n', Queues: [queue('placed'), queue('answers')] }] } };
  const blobPort = await freePort();
  servers = await Promise.all([
    spawnServer('cosmos', { port: 0, state: join(state, 'cosmos'), key }),
    spawnServer('service-bus', { port: 0, administrationPort: 0, state: join(state, 'bus'), key: 'k', config }),
    spawnServer('event-grid', {
      port: 0,
      state: join(state, 'event-grid'),
      topics: [{ name: 'orders', key: 'topic' }],
    }),
    spawnServer('blobs', { port: blobPort, state: join(state, 'blobs'), account, key }),
  ]);
  const [cosmos, bus, eventGrid] = servers as [SpawnedServer, SpawnedServer, SpawnedServer];
  const Bus = `Endpoint=sb://localhost:${bus.port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=k;UseDevelopmentEmulator=true;`;
  const Blobs = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=http://127.0.0.1:${blobPort}/${account};`;
  messages = new ServiceBusClient(Bus);
  blobs = BlobServiceClient.fromConnectionString(Blobs);
  store = new CosmosClient({ endpoint: cosmos.endpoint, key, consistencyLevel: 'Session' });
  const { database } = await store.databases.createIfNotExists({ id: 'd' });
  await database.containers.createIfNotExists({ id: 'orders', partitionKey: { paths: ['/id'] } });
  host = await spawnServer('functions', {
    port: 0,
    state: join(state, 'host'),
    app: fileURLToPath(new URL('./fixtures/bindings', import.meta.url)),
    settings: {
      Bus,
      Blobs,
      Store: `AccountEndpoint=${cosmos.endpoint};AccountKey=${key};`,
      TopicUri: `${eventGrid.endpoint}/orders/api/events`,
      TopicKey: 'topic',
    },
  });
  const { systemKeys } = JSON.parse(readFileSync(join(state, 'host', 'keys.json'), 'utf8'));
  const topic = '/subscriptions/s/resourceGroups/g/providers/Microsoft.EventGrid/topics/orders';
  const endpointUrl = `${host.endpoint}/runtime/webhooks/eventgrid?functionName=placed&code=${systemKeys.eventgrid_extension}`;
  const subscribed = await fetch(`${eventGrid.endpoint}${topic}/eventSubscriptions/host?api-version=2025-02-15`, {
    method: 'PUT',
    headers: { 'aeg-sas-key': 'topic', 'content-type': 'application/json' },
    body: JSON.stringify({
      properties: { destination: { endpointType: 'WebHook', properties: { endpointUrl } } },
    }),
  });
  assert.ok(subscribed.ok, `${subscribed.status} ${await subscribed.text()}`);
});
after(async () => {
  await messages?.close();
  store?.dispose();
  await host?.stop();
  await Promise.all((servers ?? []).map((server) => server.stop()));
  rmSync(state, { recursive: true, force: true });
});

const call = (path: string, init?: RequestInit): Promise<Response> => fetch(`${host.endpoint}/${path}`, init);
const place = (id: string, ward: string, times = 1): Promise<Response> =>
  call(`orders/${id}`, { method: 'POST', body: JSON.stringify({ ward, times }) });

test('what a function gives its output bindings is delivered before the caller has an answer', async () => {
  assert.equal((await place('o1', 'J09')).status, 202);
  // A change feed knows what is durable; a read in another session might lag.
  const orders = store.database('d').container('orders');
  const changes = orders.items.getChangeFeedIterator<{ id: string; ward: string }>({
    changeFeedStartFrom: ChangeFeedStartFrom.Beginning(),
  });
  const { result = [] } = await changes.readNext();
  assert.equal(result.find(({ id }) => id === 'o1')?.ward, 'J09');
  const blob = await blobs.getContainerClient('receipts').getBlobClient('o1.json').downloadToBuffer();
  assert.deepEqual(JSON.parse(String(blob)), { id: 'o1', ward: 'J09' });
});

test('a message picks the document that its function reads, and what that returns is sent on', async () => {
  await place('o2', 'J10', 3);
  const receiver = messages.createReceiver('answers', { receiveMode: 'receiveAndDelete' });
  const answers: { message: { id: string; n: number }; found: { ward: string } | undefined }[] = [];
  for await (const { body } of receiver.getMessageIterator()) {
    const answer = Buffer.isBuffer(body) ? JSON.parse(String(body)) : body;
    if (answer.message.id === 'o2') answers.push(answer);
    if (answers.length === 3) break;
  }
  await receiver.close();
  assert.deepEqual(answers.map(({ message }) => message.n).sort(), [0, 1, 2]);
  assert.equal(answers[0]?.found?.ward, 'J10');
});

test('an event that a function publishes reaches the function that is subscribed to it', async () => {
  await place('o3', 'J09');
  let seen: { id: string; data: unknown }[] = [];
  for (let i = 0; i < 100 && !seen.some(({ id }) => id === 'event-o3'); i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    seen = (await (await call('seen')).json()) as typeof seen;
  }
  assert.deepEqual(seen.find(({ id }) => id === 'event-o3')?.data, { id: 'o3', ward: 'J09' });
});

test('a document and a blob are read by the route; what is not there is undefined', async () => {
  await place('o4', 'J09');
  const read = async (id: string) => (await call(`orders/${id}`)).json();
  const found = (await read('o4')) as { order: { ward: string }; receipt: string };
  assert.equal(found.order.ward, 'J09');
  assert.deepEqual(JSON.parse(found.receipt), { id: 'o4', ward: 'J09' });
  assert.deepEqual(await read('nobody'), { order: null, receipt: null });
});

test('a query takes values of the request as parameters, never as text', async () => {
  await place('q1', 'X01');
  await place('q2', 'X01');
  assert.deepEqual(await (await call('orders?ward=X01')).json(), [{ id: 'q1' }, { id: 'q2' }]);
  assert.deepEqual(await (await call(`orders?ward=${encodeURIComponent("X01' OR '1'='1")}`)).json(), []);
  assert.equal((await call('orders')).status, 500, 'an expression without a value');
});

test('an output that cannot be delivered fails the call: nothing is acknowledged', async () => {
  assert.equal((await call('nowhere', { method: 'POST' })).status, 500);
});
