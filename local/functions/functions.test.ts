import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CosmosClient } from '@azure/cosmos';
import { ServiceBusClient } from '@azure/service-bus';
import { type SpawnedServer, spawnServer } from '../spawn.ts';

interface Seen {
  name: string;
  value: unknown;
  trace: string;
  delivery?: number;
}
const key = Buffer.from('a test key').toString('base64');
let state: string;
let cosmos: SpawnedServer;
let bus: SpawnedServer;
let host: SpawnedServer;
let messages: ServiceBusClient;
let store: CosmosClient;

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'functions-test-'));
  const queue = (Name: string, Properties: object) => ({ Name, Properties });
  const config = {
    UserConfig: {
      Namespaces: [
        {
          Name: 'n',
          Queues: [
            queue('work', { MaxDeliveryCount: 2 }),
            queue('ordered', { RequiresSession: true }),
            queue('many', {}),
            queue('side-by-side', {}),
            queue('manual', { LockDuration: 'PT2S', MaxDeliveryCount: 2 }),
          ],
          Topics: [{ Name: 'changes', Subscriptions: [{ Name: 'all', Properties: {} }] }],
        },
      ],
    },
  };
  [cosmos, bus] = await Promise.all([
    spawnServer('cosmos', { port: 0, state: join(state, 'cosmos'), key }),
    spawnServer('service-bus', { port: 0, administrationPort: 0, state: join(state, 'bus'), key: 'k', config }),
  ]);
  const connection = `Endpoint=sb://localhost:${bus.port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=k;UseDevelopmentEmulator=true;`;
  messages = new ServiceBusClient(connection);
  store = new CosmosClient({ endpoint: cosmos.endpoint, key, consistencyLevel: 'Session' });
  const { database } = await store.databases.createIfNotExists({ id: 'd' });
  for (const id of ['items', 'leases'])
    await database.containers.createIfNotExists({ id, partitionKey: { paths: ['/id'] } });
  await database.container('items').items.create({ id: 'never' });
  host = await spawnServer('functions', {
    port: 0,
    state,
    app: fileURLToPath(new URL('./fixtures/app', import.meta.url)),
    systemKeys: { eventgrid_extension: 'the-webhook-key' },
    settings: { Bus: connection, Store: `AccountEndpoint=${cosmos.endpoint};AccountKey=${key};` },
  });
});
after(async () => {
  await messages?.close();
  store?.dispose();
  await host?.stop();
  await Promise.all([cosmos?.stop(), bus?.stop()]);
  rmSync(state, { recursive: true, force: true });
});

const get = (path: string, init?: RequestInit): Promise<Response> =>
  fetch(`http://localhost:${host.port}/${path}`, init);
const seen = async (name: string, enough: (found: Seen[]) => boolean): Promise<Seen[]> => {
  for (let i = 0; i < 100; i++) {
    const found = ((await (await get('seen')).json()) as Seen[]).filter((one) => one.name === name);
    if (enough(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${name} did not see it`);
};

test('a literal route beats a parameter, and a catch-all takes the rest', async () => {
  assert.equal(await (await get('things/special')).json(), 'literal');
  assert.deepEqual(await (await get('things/42')).json(), { id: '42' });
  assert.deepEqual(await (await get('files/a/b')).json(), { path: 'a/b' });
});

test('unknown paths and other methods are 404, as in Azure; a throwing function is 500', async () => {
  assert.equal((await get('nothing')).status, 404);
  // Azure answers 404 and not 405 (github.com/Azure/azure-functions-host, issue 10098).
  assert.equal((await get('things/42', { method: 'POST' })).status, 404);
  assert.equal((await get('things/42', { method: 'HEAD' })).status, 404);
  assert.equal((await get('fails')).status, 500);
});

test('a body comes through as it is, and the trace goes on', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const response = await get('echo', { method: 'POST', body: 'ä body', headers: { traceparent } });
  assert.equal(response.status, 201);
  assert.equal(await response.text(), 'ä body');
  assert.equal(response.headers.get('x-trace'), traceparent);
});

test('a message is handled, with its trace; a poison one is tried again and dead-lettered', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-01';
  await messages
    .createSender('work')
    .sendMessages([
      { body: { a: 1 }, applicationProperties: { 'Diagnostic-Id': traceparent } },
      { body: 'poison' },
      { body: 'good' },
    ]);
  const found = await seen(
    'fromQueue',
    (all) => all.filter(({ value }) => value === 'poison').length >= 2 && all.some(({ value }) => value === 'good'),
  );
  assert.deepEqual(found.find(({ value }) => typeof value === 'object')?.value, { a: 1 });
  assert.equal(found.find(({ value }) => typeof value === 'object')?.trace, traceparent);
  assert.deepEqual(
    found.filter(({ value }) => value === 'poison').map(({ delivery }) => delivery),
    [1, 2],
  );
  const dead = messages.createReceiver('work', { subQueueType: 'deadLetter', receiveMode: 'receiveAndDelete' });
  assert.equal((await dead.receiveMessages(1, { maxWaitTimeInMs: 5000 }))[0]?.body, 'poison');
  await dead.close();
  assert.equal(
    found.filter(({ value }) => value === 'good').length,
    1,
    'the good one of the same turn was completed, not abandoned',
  );
});

test('messages of one session are handled in order', async () => {
  await messages.createSender('ordered').sendMessages([1, 2, 3, 4, 5].map((n) => ({ body: { n }, sessionId: 's' })));
  const found = await seen('fromSessions', (all) => all.length >= 5);
  assert.deepEqual(
    found.map(({ value }) => (value as { n: number }).n),
    [1, 2, 3, 4, 5],
  );
});

test('a batch comes in one call with its metadata beside it', async () => {
  await messages.createSender('many').sendMessages([1, 2, 3].map((n) => ({ body: { n }, messageId: `id-${n}` })));
  const found = await seen('fromBatch', (all) => all.flatMap(({ value }) => (value as [unknown[]])[0]).length >= 3);
  assert.deepEqual(
    found.flatMap(({ value }) => (value as [unknown, string[]])[1]),
    ['id-1', 'id-2', 'id-3'],
  );
});

test('the change feed is handed on in order, again after a failure, and skips nothing', async () => {
  const items = store.database('d').container('items');
  for (const id of ['a', 'b', 'c']) await items.items.create({ id });
  const found = await seen('fromFeed', (all) => all.flatMap(({ value }) => value as string[]).length >= 4);
  assert.deepEqual(found.flatMap(({ value }) => value as string[]).slice(0, 4), ['never', 'a', 'b', 'c']);
});

test('an event is handed on; the handshakes are answered', async () => {
  const hook = 'runtime/webhooks/eventgrid?functionName=fromEvents&code=the-webhook-key';
  const headers = { 'aeg-event-type': 'Notification' };
  const body = JSON.stringify({ id: 'e1', specversion: '1.0', type: 't', source: '/s' });
  assert.equal((await get(hook, { method: 'POST', headers, body })).status, 202);
  await seen('fromEvents', (all) => all.some(({ value }) => value === 'e1'));
  const options = await get(hook, { method: 'OPTIONS', headers: { 'webhook-request-origin': 'eventgrid.azure.net' } });
  assert.equal(options.headers.get('webhook-allowed-origin'), 'eventgrid.azure.net');
  assert.equal((await get(hook, { method: 'POST', headers, body: 'rubbish' })).status, 400);
  assert.equal((await get(hook, { method: 'POST', body })).status, 400, 'says not what it is');
  assert.equal((await get(hook.replace('fromEvents', 'nobody'), { method: 'POST', headers, body })).status, 404);
  assert.equal((await get(hook.replace('the-', 'no-'), { method: 'POST', headers, body })).status, 401);
  const code = {
    id: 'v',
    eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
    data: { validationCode: 'c1' },
  };
  const asked = await get(hook, {
    method: 'POST',
    headers: { 'aeg-event-type': 'SubscriptionValidation' },
    body: JSON.stringify([code]),
  });
  assert.deepEqual(await asked.json(), { validationResponse: 'c1' });
});

test('an event that the function throws at is 500, so that Event Grid sends it again; of several, each is called', async () => {
  const hook = 'runtime/webhooks/eventgrid?functionName=FROMEVENTS&code=the-webhook-key';
  const event = (id: string) => ({
    id,
    eventType: 't',
    subject: 's',
    data: { a: 1 },
    eventTime: '2026-11-25T00:00:00Z',
  });
  const send = (...ids: string[]) =>
    get(hook, {
      method: 'POST',
      headers: { 'aeg-event-type': 'Notification' },
      body: JSON.stringify(ids.map(event)),
    });
  assert.equal((await send('s1', 's2')).status, 202);
  assert.equal((await send('refused', 's3')).status, 500);
  await seen('fromEvents', (all) => ['s1', 's2', 's3', 'refused'].every((id) => all.some(({ value }) => value === id)));
});

test('a timer runs by its schedule', async () => {
  const found = await seen('everySecond', (all) => all.length >= 2);
  const runs = found.slice(0, 2).map(({ value }) => value as [boolean, string]);
  const moments = runs.map(([, next]) => Date.parse(next));
  assert.deepEqual(
    runs.map(([pastDue]) => pastDue),
    [false, false],
  );
  assert.ok((moments[1] ?? 0) > (moments[0] ?? 0), 'each run knows the next one');
});

test('a timer runs at start where it says so, and again as its retry options say', async () => {
  const found = await seen('atStart', (all) => all.length >= 3);
  assert.deepEqual(
    found.map(({ value }) => value),
    [0, 1, 2],
  );
});

test('a subscription is listened to; what its body says hides the broker’s metadata, as in Azure', async () => {
  await messages.createSender('changes').sendMessages([
    { body: { a: 1 }, messageId: 'the-broker' },
    { body: { messageId: 'the-body' }, messageId: 'the-broker' },
  ]);
  const found = await seen('fromTopic', (all) => all.length >= 2);
  assert.deepEqual(found.map(({ value }) => (value as unknown[])[1]).sort(), ['the-body', 'the-broker']);
});

test('as many messages are handled at once as host.json allows, and no more', async () => {
  await messages.createSender('side-by-side').sendMessages(Array.from({ length: 9 }, (_, n) => ({ body: { n } })));
  const found = await seen('sideBySide', (all) => all.length >= 9);
  assert.equal(Math.max(...found.map(({ value }) => Number(value))), 3);
});

test('without auto-complete a message comes again when its lock has expired, until it is dead-lettered', async () => {
  await messages.createSender('manual').sendMessages({ body: 'held' });
  const found = await seen('keepsLock', (all) => all.length >= 2);
  assert.deepEqual(
    found.map(({ delivery }) => delivery),
    [1, 2],
  );
  const dead = messages.createReceiver('manual', { subQueueType: 'deadLetter', receiveMode: 'receiveAndDelete' });
  assert.equal((await dead.receiveMessages(1, { maxWaitTimeInMs: 10_000 }))[0]?.body, 'held');
  await dead.close();
});

test('a second reader of a container has its own place: from now on, in its own portions; spent retries move on', async () => {
  const items = store.database('d').container('items');
  for (const id of ['n1', 'n2', 'n3', 'spoiled', 'n4']) await items.items.create({ id });
  const readOf = (all: readonly { value?: unknown }[]) => all.map(({ value }) => value as [string[], number]);
  const holds = (all: readonly { value?: unknown }[], id: string) => readOf(all).filter(([ids]) => ids.includes(id));
  // The last one may come in one portion with the spoiled one, which is tried twice.
  const found = await seen('fromNow', (all) => holds(all, 'spoiled').length >= 2 && holds(all, 'n4').length > 0);
  const portions = readOf(found);
  assert.ok(!portions.some(([ids]) => ids.includes('never')), 'what was there before the first start is not read');
  assert.ok(portions.every(([ids]) => ids.length <= 2));
  const spoiled = portions.filter(([ids]) => ids.includes('spoiled'));
  assert.deepEqual(
    spoiled.map(([, retries]) => retries),
    [0, 1],
  );
});

test('a host that is told to drain takes nothing more from its triggers and goes on serving requests', async () => {
  const { masterKey } = JSON.parse(readFileSync(join(state, 'keys.json'), 'utf8'));
  const admin = (path: string, method = 'GET') =>
    get(`admin/host/${path}`, { method, headers: { 'x-functions-key': masterKey } });
  const status = async () => ((await (await admin('drain/status')).json()) as { state: string }).state;
  assert.equal(await status(), 'Disabled');
  assert.equal((await admin('drain', 'POST')).status, 202);
  while ((await status()) !== 'Completed') await new Promise((resolve) => setTimeout(resolve, 50));
  await messages.createSender('work').sendMessages({ body: 'left' });
  const receiver = messages.createReceiver('work', { receiveMode: 'receiveAndDelete' });
  assert.equal((await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 }))[0]?.body, 'left');
  await receiver.close();
  assert.equal((await get('things/special')).status, 200);
});
