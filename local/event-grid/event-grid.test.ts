import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import {
  AzureKeyCredential,
  AzureSASCredential,
  EventGridPublisherClient,
  generateSharedAccessSignature,
} from '@azure/eventgrid';
import { BlobServiceClient } from '@azure/storage-blob';
import { eventually } from '../fixtures/eventually.ts';
import { fuzz } from '../fixtures/fuzz.ts';
import { startTestIdentity, type TestIdentity } from '../fixtures/identity.ts';
import { agreeable, startTestWebhook, type TestWebhook, type WebhookRequest } from '../fixtures/webhook.ts';
import { type SpawnedServer, spawnServer } from '../spawn.ts';
import { localCertificate } from '../tls.ts';

const key = Buffer.from('a key of this test').toString('base64');
const blobKey = Buffer.alloc(64, 1).toString('base64');
let state: string;
let server: SpawnedServer;
let blobServer: SpawnedServer;
let identity: TestIdentity;
let blobs: BlobServiceClient;
let authority: string;
const hooks: TestWebhook[] = [];

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'event-grid-test-'));
  const tls = await localCertificate(state);
  authority = tls.ca;
  const account = 'devstoreaccount1';
  [identity, blobServer] = await Promise.all([
    startTestIdentity(state),
    spawnServer('blobs', { port: 0, state: join(state, 'blobs'), account, key: blobKey }),
  ]);
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${blobKey};BlobEndpoint=http://127.0.0.1:${blobServer.port}/${account};`;
  blobs = BlobServiceClient.fromConnectionString(connectionString);
  await blobs.createContainer('dead');
  server = await spawnServer('event-grid', {
    port: 0,
    state: join(state, 'event-grid'),
    topics: [
      { name: 'cloud', key },
      { name: 'grid', key, inputSchema: 'EventGridSchema' },
    ],
    issuer: identity.issuer,
    tls,
    blobs: { connectionString },
    retrySchedule: [20, 40],
  });
});
after(async () => {
  await Promise.all([server.stop(), identity.server.stop(), blobServer.stop(), ...hooks.map((hook) => hook.close())]);
  rmSync(state, { recursive: true, force: true });
});

const address = (topic: string): string => `${server.endpoint}/${topic}/api/events`;
const publisher = (
  topic: 'cloud' | 'grid',
  credential: AzureKeyCredential | AzureSASCredential = new AzureKeyCredential(key),
) =>
  new EventGridPublisherClient(address(topic), topic === 'cloud' ? 'CloudEvent' : 'EventGrid', credential, {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });
const cloudEvents = () => publisher('cloud') as EventGridPublisherClient<'CloudEvent'>;
const gridEvents = () => publisher('grid') as EventGridPublisherClient<'EventGrid'>;
const cloudEvent = (more: object = {}) => ({
  type: 'test.happened',
  source: '/tests',
  subject: 'a/b',
  data: { n: 1 },
  ...more,
});

const resource = (topic: string, name = ''): string =>
  `${server.endpoint}/subscriptions/s/resourceGroups/g/providers/Microsoft.EventGrid/topics/${topic}/eventSubscriptions${name && `/${name}`}?api-version=2025-02-15`;
const manage = (method: string, topic: string, name?: string, body?: object): Promise<Response> =>
  fetch(resource(topic, name), {
    method,
    headers: { 'aeg-sas-key': key },
    ...(body && { body: JSON.stringify(body) }),
  });
const webhook = async (answer?: TestWebhook['answer']): Promise<TestWebhook> => {
  const hook = await startTestWebhook(answer);
  hooks.push(hook);
  return hook;
};
const destination = (url: string, more: object = {}) => ({
  destination: { endpointType: 'WebHook', properties: { endpointUrl: url, ...more } },
});
/** Subscribes a new webhook; after the test nobody listens to the topic any more. */
async function subscribe(
  context: { after(work: () => Promise<unknown>): void },
  topic: string,
  properties: object = {},
  answer?: TestWebhook['answer'],
  batch: object = {},
): Promise<TestWebhook> {
  const hook = await webhook(answer);
  const name = `sub-${hook.port}`;
  const response = await manage('PUT', topic, name, { properties: { ...destination(hook.url, batch), ...properties } });
  assert.equal(response.status, 201, await response.text());
  context.after(() => manage('DELETE', topic, name));
  return hook;
}
const notifications = ({ requests }: TestWebhook): WebhookRequest[] =>
  requests.filter(({ headers }) => headers['aeg-event-type'] === 'Notification');
const delivered = (hook: TestWebhook, count: number): Promise<WebhookRequest[]> =>
  eventually(`${count} deliveries`, () => notifications(hook).length >= count && notifications(hook));

test('a CloudEvent arrives whole, alone, with its trace and the headers of a delivery', async (context) => {
  const hook = await subscribe(context, 'cloud');
  const time = new Date('2026-01-02T03:04:05Z');
  await cloudEvents().send([cloudEvent({ id: 'one', time, extensionAttributes: { traceparent: '00-abc-def-01' } })]);
  const [got] = await delivered(hook, 1);
  assert.deepEqual(JSON.parse(got?.body ?? ''), {
    specversion: '1.0',
    id: 'one',
    type: 'test.happened',
    source: '/tests',
    subject: 'a/b',
    time: time.toISOString(),
    traceparent: '00-abc-def-01',
    datacontenttype: 'application/json',
    data: { n: 1 },
  });
  assert.match(got?.headers['content-type'] ?? '', /^application\/cloudevents\+json/);
  assert.equal(got?.headers['aeg-delivery-count'], '0');
  assert.equal(got?.headers['aeg-subscription-name'], `SUB-${hook.port}`);
});

test('binary data arrives as data_base64', async (context) => {
  const hook = await subscribe(context, 'cloud');
  const event = cloudEvent({ data: Uint8Array.from([0, 255]), datacontenttype: 'application/octet-stream' });
  await cloudEvents().send([event]);
  const [got] = await delivered(hook, 1);
  assert.equal(JSON.parse(got?.body ?? '').data_base64, 'AP8=');
});

test('an event of the Event Grid schema arrives in an array, stamped with its topic', async (context) => {
  const hook = await subscribe(context, 'grid');
  await gridEvents().send([{ id: 'g1', eventType: 'T', subject: 's', dataVersion: '1.2', data: { n: 1 } }]);
  const [got] = await delivered(hook, 1);
  const [event, ...rest] = JSON.parse(got?.body ?? '');
  assert.equal(rest.length, 0);
  assert.match(event.topic, /\/providers\/Microsoft\.EventGrid\/topics\/grid$/);
  assert.deepEqual([event.id, event.eventType, event.metadataVersion, event.data.n], ['g1', 'T', '1', 1]);
  assert.equal(got?.headers['aeg-data-version'], '1.2');
});

test('a subscription may take the Event Grid schema as CloudEvents, not the other way round', async (context) => {
  const hook = await subscribe(context, 'grid', { eventDeliverySchema: 'CloudEventSchemaV1_0' });
  await gridEvents().send([{ id: 'g2', eventType: 'T', subject: 's', dataVersion: '1', data: { n: 2 } }]);
  const [got] = await delivered(hook, 1);
  const { specversion, id, type, subject, data } = JSON.parse(got?.body ?? '');
  assert.deepEqual([specversion, id, type, subject, data], ['1.0', 'g2', 'T', 's', { n: 2 }]);
  const properties = { ...destination(hook.url), eventDeliverySchema: 'EventGridSchema' };
  const refused = await manage('PUT', 'cloud', 'other-schema', { properties });
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /cannot be made/);
});

test('a key, a signature and a managed identity open a topic; nothing else does', async () => {
  const later = new Date(Date.now() + 60_000);
  const sas = (topic: string, expires: Date, withKey = key) =>
    generateSharedAccessSignature(address(topic), new AzureKeyCredential(withKey), expires);
  const send = async (credential: AzureKeyCredential | AzureSASCredential): Promise<number> =>
    (publisher('cloud', credential) as EventGridPublisherClient<'CloudEvent'>).send([cloudEvent()]).then(
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
    fetch(address('cloud'), {
      method: 'POST',
      headers,
      body: JSON.stringify({ ...cloudEvent(), id: 'x', specversion: '1.0' }),
    });
  const bearer = async (audience: string) => ({ authorization: `Bearer ${await identity.token(audience)}` });
  assert.equal((await post(await bearer('https://eventgrid.azure.net'))).status, 200);
  assert.equal((await post(await bearer('https://vault.azure.net'))).status, 401);
  assert.equal((await post({})).status, 401);
});

test('the unmodified client publishes with a managed identity over TLS, on the same port', async () => {
  const script = join(import.meta.dirname, '../fixtures/publish-with-identity.ts');
  const endpoint = address('cloud').replace('http:', 'https:');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, endpoint],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: authority } },
  );
  assert.equal(stdout.trim(), 'published');
});

test('filters choose by type, subject and content', async (context) => {
  const hook = await subscribe(context, 'cloud', {
    filter: {
      includedEventTypes: ['Bed.Moved'],
      subjectBeginsWith: 'encounter/',
      subjectEndsWith: '/final',
      advancedFilters: [{ operatorType: 'StringIn', key: 'data.ward', values: ['j09'] }],
    },
  });
  const event = (id: string, more: object) =>
    cloudEvent({ id, type: 'bed.moved', subject: 'Encounter/1/final', data: { ward: 'J09' }, ...more });
  await cloudEvents().send([
    event('other-type', { type: 'bed.made' }),
    event('other-start', { subject: 'Patient/1/final' }),
    event('other-end', { subject: 'Encounter/1/draft' }),
    event('other-ward', { data: { ward: 'J10' } }),
    event('wanted', {}),
  ]);
  const got = await delivered(hook, 1);
  assert.deepEqual(
    got.map(({ body }) => JSON.parse(body).id),
    ['wanted'],
  );
});

test('a subject is compared with regard to case where the subscription says so', async (context) => {
  const hook = await subscribe(context, 'cloud', {
    filter: { subjectBeginsWith: 'Encounter/', isSubjectCaseSensitive: true },
  });
  await cloudEvents().send([cloudEvent({ id: 'lower', subject: 'encounter/1' })]);
  await cloudEvents().send([cloudEvent({ id: 'exact', subject: 'Encounter/1' })]);
  const got = await delivered(hook, 1);
  assert.deepEqual(
    got.map(({ body }) => JSON.parse(body).id),
    ['exact'],
  );
});

test('batches hold what waits, up to the size that was asked for', async (context) => {
  const hook = await subscribe(context, 'cloud', {}, agreeable, {
    maxEventsPerBatch: 4,
    preferredBatchSizeInKilobytes: 64,
  });
  await cloudEvents().send(Array.from({ length: 10 }, (_, n) => cloudEvent({ id: `b${n}` })));
  const got = await delivered(hook, 3);
  const sizes = got.map(({ body }) => JSON.parse(body).length);
  assert.ok(sizes.every((size) => size <= 4));
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    10,
  );
  assert.match(got[0]?.headers['content-type'] ?? '', /^application\/cloudevents-batch\+json/);
});

test('a failed delivery comes again and counts; other subscriptions do not wait for it', async (context) => {
  let failures = 2;
  const failing = await subscribe(context, 'cloud', {}, (request) =>
    request.method === 'POST' && failures-- > 0 ? { status: 500 } : agreeable(request),
  );
  const healthy = await subscribe(context, 'cloud');
  await cloudEvents().send([cloudEvent({ id: 'again' })]);
  assert.equal((await delivered(healthy, 1)).length, 1);
  const attempts = await delivered(failing, 3);
  assert.deepEqual(
    attempts.map(({ headers }) => headers['aeg-delivery-count']),
    ['0', '1', '2'],
  );
  assert.deepEqual(new Set(attempts.map(({ body }) => JSON.parse(body).id)), new Set(['again']));
});

const deadLetterTo = (container: string, account = 'devstoreaccount1') => ({
  deadLetterDestination: {
    endpointType: 'StorageBlob',
    properties: {
      resourceId: `/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/${account}`,
      blobContainerName: container,
    },
  },
});
async function deadLetters(prefix: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  const container = blobs.getContainerClient('dead');
  for await (const { name } of container.listBlobsFlat({ prefix })) {
    assert.match(name, /^SUB-\d+\/\d{4}\/[1-9]\d?\/[1-9]\d?\/\d+\/[0-9a-f-]{36}\.json$/);
    found.push(...JSON.parse((await container.getBlobClient(name).downloadToBuffer()).toString()));
  }
  return found;
}

test('what cannot be delivered lies in blob storage with the reason', async (context) => {
  const refuse =
    (status: number): TestWebhook['answer'] =>
    (request) =>
      request.method === 'OPTIONS' || request.headers['aeg-event-type'] !== 'Notification'
        ? agreeable(request)
        : { status };
  const hopeless = await subscribe(context, 'cloud', deadLetterTo('dead'), refuse(400));
  const exhausted = await subscribe(
    context,
    'grid',
    { ...deadLetterTo('dead'), retryPolicy: { maxDeliveryAttempts: 2, eventTimeToLiveInMinutes: 5 } },
    refuse(404),
  );
  await cloudEvents().send([cloudEvent({ id: 'hopeless' })]);
  await gridEvents().send([{ id: 'exhausted', eventType: 'T', subject: 's', dataVersion: '1', data: {} }]);
  const found = (hook: TestWebhook) =>
    eventually('a dead letter', async () => (await deadLetters(`SUB-${hook.port}/`))[0]);
  const first = await found(hopeless);
  assert.equal(first['id'], 'hopeless');
  assert.equal(first['deadletterreason'], 'UndeliverableDueToHttpBadRequest');
  assert.deepEqual(
    [first['deliveryattempts'], first['lastdeliveryoutcome'], first['lasthttpstatuscode']],
    [1, 'BadRequest', 400],
  );
  assert.ok(Date.parse(String(first['publishtime'])) <= Date.parse(String(first['lastdeliveryattempttime'])));
  const second = await found(exhausted);
  assert.deepEqual(
    [second['id'], second['deadLetterReason'], second['deliveryAttempts'], second['lastDeliveryOutcome']],
    ['exhausted', 'MaxDeliveryAttemptsExceeded', 2, 'NotFound'],
  );
});

test('an endpoint that does not agree gets no subscription', async () => {
  const deaf = await webhook(() => ({ status: 404 }));
  const refused = await manage('PUT', 'cloud', 'deaf-one', { properties: destination(deaf.url) });
  assert.equal(refused.status, 400);
  assert.equal(((await refused.json()) as { error: { code: string } }).error.code, 'URL validation');
  assert.equal((await manage('GET', 'cloud', 'deaf-one')).status, 404);
  const gone = await manage('PUT', 'cloud', 'gone-one', { properties: destination('http://localhost:9/hook') });
  assert.equal(gone.status, 400);
});

test('an endpoint may agree later by the address it was given; its events wait for that', async (context) => {
  for (const topic of ['cloud', 'grid'] as const) {
    const hook = await subscribe(context, topic, {}, () => ({ status: 200 }));
    const name = `sub-${hook.port}`;
    const shown = (await (await manage('GET', topic, name)).json()) as { properties: { provisioningState: string } };
    assert.equal(shown.properties.provisioningState, 'AwaitingManualAction');
    if (topic === 'cloud') await cloudEvents().send([cloudEvent()]);
    else await gridEvents().send([{ eventType: 'T', subject: 's', dataVersion: '1', data: {} }]);
    const [asked] = hook.requests;
    const confirm =
      topic === 'cloud'
        ? String(asked?.headers['webhook-request-callback'])
        : JSON.parse(asked?.body ?? '')[0].data.validationUrl;
    assert.equal((await fetch(confirm.replace(/code=.*/, 'code=wrong'))).status, 400);
    assert.equal(notifications(hook).length, 0);
    assert.equal((await fetch(confirm)).status, 200);
    assert.equal((await delivered(hook, 1)).length, 1);
  }
});

test('subscriptions are shown, replaced and removed', async (context) => {
  const hook = await subscribe(context, 'cloud');
  const name = `sub-${hook.port}`;
  const { value } = (await (await manage('GET', 'cloud')).json()) as { value: { name: string }[] };
  assert.ok(value.some((one) => one.name === name));
  const other = await webhook();
  assert.equal((await manage('PUT', 'cloud', name, { properties: destination(other.url) })).status, 201);
  await cloudEvents().send([cloudEvent({ id: 'to-the-new-one' })]);
  await delivered(other, 1);
  assert.equal(notifications(hook).length, 0);
  assert.equal((await manage('DELETE', 'cloud', name)).status, 200);
  assert.equal((await manage('DELETE', 'cloud', name)).status, 204);
  assert.equal((await manage('GET', 'cloud', name)).status, 404);
});

test('a subscription that cannot work here is refused with what to change', async () => {
  const good = destination('http://localhost:1/hook');
  const refused: readonly [unknown, RegExp][] = [
    [undefined, /properties must be an object/],
    [{}, /destination must be an object/],
    [{ destination: { endpointType: 'ServiceBusQueue' } }, /ServiceBusQueue.* is not supported/],
    [destination('https://example.org/hook'), /this machine/],
    [destination('ftp://localhost/hook'), /this machine/],
    [destination('http://localhost:1/', { maxEventsPerBatch: 5001 }), /1 to 5000/],
    [
      destination('http://localhost:1/', { deliveryAttributeMappings: [] }),
      /deliveryAttributeMappings is not supported/,
    ],
    [{ ...good, filter: { includedEventTypes: 'x' } }, /array of event types/],
    [{ ...good, retryPolicy: { maxDeliveryAttempts: 31 } }, /1 to 30/],
    [{ ...good, retryPolicy: { eventTimeToLiveInMinutes: 0 } }, /1 to 1440/],
    [{ ...good, ...deadLetterTo('dead', 'elsewhere') }, /local storage account/],
    [{ ...good, expirationTimeUtc: '2030-01-01' }, /expirationTimeUtc is not supported/],
  ];
  for (const [properties, message] of refused) {
    const response = await manage('PUT', 'cloud', 'refused-one', { properties });
    const text = await response.text();
    assert.equal(response.status, 400, text);
    assert.match(text, message);
  }
  assert.equal((await manage('PUT', 'cloud', 'x', { properties: good })).status, 400);
  assert.equal((await manage('PATCH', 'cloud', 'sub-one', { properties: good })).status, 405);
  const open = await fetch(resource('cloud'), { method: 'GET' });
  assert.equal(open.status, 401);
  const bearer = (audience: string) => identity.token(audience).then((token) => ({ authorization: `Bearer ${token}` }));
  assert.equal((await fetch(resource('cloud'), { headers: await bearer('https://management.azure.com') })).status, 200);
  assert.equal((await fetch(resource('cloud'), { headers: await bearer('https://eventgrid.azure.net') })).status, 401);
});

test('what is malformed or too large is refused whole, with the service’s codes', async (context) => {
  const hook = await subscribe(context, 'cloud');
  const post = async (topic: string, body: string, headers: Record<string, string> = {}) => {
    const response = await fetch(address(topic), { method: 'POST', headers: { 'aeg-sas-key': key, ...headers }, body });
    return { status: response.status, ...((await response.json()) as { error: { code: string; message: string } }) };
  };
  const good = { specversion: '1.0', id: '1', type: 't', source: 's' };
  const grid = { id: '1', subject: 's', eventType: 't', eventTime: '2026-01-01T00:00:00Z', dataVersion: '1' };
  const refused: readonly [string, unknown, RegExp][] = [
    ['cloud', '{', /not valid JSON/],
    ['cloud', [], /no event/],
    ['cloud', [good, 7], /event 1: it is not a JSON object/],
    ['cloud', [good, { ...good, specversion: '0.3' }], /event 1: specversion/],
    ['cloud', { ...good, id: '' }, /id must be a text/],
    ['cloud', { ...good, time: 'yesterday' }, /time must be/],
    ['cloud', { ...good, data: 1, data_base64: 'AA==' }, /data_base64/],
    ['cloud', { ...good, myAttribute: 1 }, /lower-case/],
    ['cloud', grid, /'CloudEventV10' schema/],
    ['cloud', Array(5001).fill(good), /at most 5000/],
    ['grid', good, /'EventGridEvent' schema/],
    ['grid', { ...grid, eventTime: undefined }, /eventTime/],
    ['grid', { ...grid, topic: '/elsewhere' }, /topic must be left out/],
    ['grid', { ...grid, metadataVersion: '2' }, /metadataVersion/],
  ];
  for (const [topic, body, message] of refused) {
    const { status, error } = await post(topic, typeof body === 'string' ? body : JSON.stringify(body));
    assert.equal(status, 400, String(message));
    assert.equal(error.code, 'BadRequest');
    assert.match(error.message, message);
  }
  const binary = await post('cloud', '{}', { 'ce-specversion': '1.0' });
  assert.match(binary.error.message, /binary content mode/);
  const large = JSON.stringify({ ...good, data: 'x'.repeat(1024 * 1024) });
  const tooLarge = await post('cloud', large);
  assert.deepEqual([tooLarge.status, tooLarge.error.code], [413, 'RequestEntityTooLarge']);
  assert.equal((await post('nowhere', '{}')).status, 404);
  assert.equal((await fetch(address('cloud'), { headers: { 'aeg-sas-key': key } })).status, 404);
  await cloudEvents().send([cloudEvent({ id: 'last', data: { text: 'x'.repeat(1024 * 1024 - 400) } })]);
  const got = await delivered(hook, 1);
  assert.deepEqual(
    got.map(({ body }) => JSON.parse(body).id),
    ['last'],
  );
});

test('whatever is sent, the topics answer and go on', async (context) => {
  const hook = await subscribe(context, 'cloud', { filter: { includedEventTypes: ['the.last'] } });
  const headers = { 'aeg-sas-key': key, 'content-type': 'application/cloudevents-batch+json' };
  const filter = {
    includedEventTypes: ['a'],
    subjectBeginsWith: 'b',
    advancedFilters: [{ operatorType: 'NumberInRange', key: 'data.n', values: [[1, 2]] }],
  };
  const templates = [
    { method: 'POST', path: '/cloud/api/events', headers, body: [{ ...cloudEvent(), id: 'x', specversion: '1.0' }] },
    {
      method: 'POST',
      path: '/grid/api/events',
      headers,
      body: [{ id: '1', subject: 's', eventType: 't', eventTime: '2026-01-01T00:00:00Z', dataVersion: '1', data: {} }],
    },
    {
      method: 'PUT',
      path: new URL(resource('cloud', 'fuzzed')).pathname,
      headers,
      body: { properties: { ...destination('http://localhost:9/none'), ...deadLetterTo('dead'), filter } },
    },
    { method: 'GET', path: new URL(resource('cloud')).pathname, headers },
    { method: 'GET', path: '/cloud/validate?id=a&code=b' },
  ];
  const statuses = await fuzz({ port: server.port, seed: 7, rounds: 300, templates });
  assert.ok((statuses.get(400) ?? 0) > 50);
  await cloudEvents().send([cloudEvent({ type: 'the.last' })]);
  await delivered(hook, 1);
});
