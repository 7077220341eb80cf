import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type GenerateClientTokenOptions, WebPubSubServiceClient } from '@azure/web-pubsub';
import {
  type OnGroupDataMessageArgs,
  type OnServerDataMessageArgs,
  WebPubSubClient,
  type WebPubSubClientOptions,
  WebPubSubJsonProtocol,
} from '@azure/web-pubsub-client';
import { jwtVerify } from 'jose';
import { WebSocket } from 'ws';
import { eventually } from '../fixtures/eventually.ts';
import { fuzz, seededRandom } from '../fixtures/fuzz.ts';
import { startTestIdentity, type TestIdentity } from '../fixtures/identity.ts';
import { startTestWebhook, type TestWebhook, type WebhookAnswer, type WebhookRequest } from '../fixtures/webhook.ts';
import { type SpawnedServer, spawnServer } from '../spawn.ts';
import { localCertificate } from '../tls.ts';

const key = 'an access key of this test, long enough';
const hub = 'boards';
let state: string;
let server: SpawnedServer;
let identity: TestIdentity;
let handler: TestWebhook;
let authority: string;
let service: WebPubSubServiceClient;
const clients: WebPubSubClient[] = [];
/** What the event handler answers to each event, by name; others get 204. */
let answers: Record<string, (request: WebhookRequest) => WebhookAnswer | Promise<WebhookAnswer>> = {};

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'web-pubsub-test-'));
  const tls = await localCertificate(state);
  authority = tls.ca;
  identity = await startTestIdentity(state);
  handler = await startTestWebhook(({ method, ...request }) =>
    method === 'OPTIONS'
      ? { status: 200, headers: { 'webhook-allowed-origin': '*' } }
      : (answers[String(request.headers['ce-eventname'])]?.({ method, ...request }) ?? { status: 204 }),
  );
  server = await spawnServer('web-pubsub', {
    port: 0,
    state: join(state, 'web-pubsub'),
    key,
    hubs: [hub, 'chat'],
    eventHandlers: [
      {
        hub: 'chat',
        urlTemplate: `${handler.url}/{hub}/{event}`,
        userEventPattern: '*',
        systemEvents: ['connect', 'connected', 'disconnected'],
      },
    ],
    anonymousHubs: ['chat'],
    issuer: identity.issuer,
    tls,
  });
  service = serviceOf(hub);
});
after(async () => {
  for (const client of clients) client.stop();
  await Promise.all([server.stop(), identity.server.stop(), handler.close()]);
  rmSync(state, { recursive: true, force: true });
});

const connectionString = (withKey = key): string =>
  `Endpoint=http://localhost;Port=${server.port};AccessKey=${withKey};Version=1.0;`;
const serviceOf = (name: string, withKey = key): WebPubSubServiceClient =>
  new WebPubSubServiceClient(connectionString(withKey), name, {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });

interface TestClient {
  readonly client: WebPubSubClient;
  readonly id: string;
  readonly group: OnGroupDataMessageArgs['message'][];
  readonly server: OnServerDataMessageArgs['message'][];
  readonly disconnected: string[];
}

/** Connects the unmodified client, with the reliable protocol unless said otherwise. */
async function connect(
  token: GenerateClientTokenOptions = {},
  options: WebPubSubClientOptions = {},
  from = service,
): Promise<TestClient> {
  const { url } = await from.getClientAccessToken(token);
  const client = new WebPubSubClient(url, { ...atOnce, ...options });
  clients.push(client);
  const got: Pick<TestClient, 'group' | 'server' | 'disconnected'> = { group: [], server: [], disconnected: [] };
  client.on('group-message', ({ message }) => got.group.push(message));
  client.on('server-message', ({ message }) => got.server.push(message));
  client.on('disconnected', ({ message }) => got.disconnected.push(message?.message ?? ''));
  const id = new Promise<string>((resolve) => client.on('connected', (event) => resolve(event.connectionId)));
  await client.start();
  return { client, id: await id, ...got };
}
/** No second attempts, and no timers that outlive the client. */
const atOnce: WebPubSubClientOptions = {
  autoReconnect: false,
  messageRetryOptions: { maxRetries: 0 },
  keepAliveIntervalInMs: 0,
  keepAliveTimeoutInMs: 0,
};
const everything = ['webpubsub.joinLeaveGroup', 'webpubsub.sendToGroup'];
const plain: WebPubSubClientOptions = { protocol: WebPubSubJsonProtocol() };

test('a server reaches everybody, a group, a user and one connection, in every data type', async () => {
  const ada = await connect({ userId: 'ada', groups: ['ward'] });
  const bob = await connect({ userId: 'bob' }, plain);
  await service.sendToAll({ n: 1 });
  await service.group('ward').sendToAll('to the ward', { contentType: 'text/plain' });
  await service.sendToUser('bob', new Uint8Array([1, 255]).buffer);
  await service.sendToConnection(ada.id, { only: 'ada' });
  await eventually(
    'all four messages',
    () => ada.server.length === 2 && ada.group.length === 1 && bob.server.length === 2,
  );
  assert.deepEqual(
    ada.server.map(({ data }) => data),
    [{ n: 1 }, { only: 'ada' }],
  );
  assert.deepEqual([ada.group[0]?.group, ada.group[0]?.dataType, ada.group[0]?.data], ['ward', 'text', 'to the ward']);
  assert.deepEqual([...new Uint8Array(bob.server[1]?.data as ArrayBuffer)], [1, 255]);
  assert.equal(bob.group.length, 0);
});

test('filters and exclusions choose who gets a message', async () => {
  const [first, second, third] = [
    await connect({ userId: 'f-one', groups: ['filtered'] }),
    await connect({ userId: 'f-two', groups: ['filtered'] }),
    await connect({ userId: 'f-three', groups: ['filtered', 'other'] }),
  ];
  await service.group('filtered').sendToAll({ n: 1 }, { filter: `userId ne 'f-one' and not ('other' in groups)` });
  await service.group('filtered').sendToAll({ n: 2 }, { excludedConnections: [first.id, second.id] });
  await service.group('filtered').sendToAll({ n: 3 });
  const numbers = ({ group }: TestClient) => group.map(({ data }) => (data as { n: number }).n);
  await eventually('the last message', () =>
    [first, second, third].every(({ group }) => group.some(({ data }) => (data as { n: number }).n === 3)),
  );
  assert.deepEqual([numbers(first), numbers(second), numbers(third)], [[3], [1, 3], [2, 3]]);
  await assert.rejects(service.sendToAll({}, { filter: 'nonsense eq 1' }), { statusCode: 400 });
});

test('existence, groups and permissions are asked for and changed over REST', async () => {
  const { id, client } = await connect({ userId: 'rest-user' });
  assert.equal(await service.connectionExists(id), true);
  assert.equal(await service.connectionExists('nobody'), false);
  assert.equal(await service.userExists('rest-user'), true);
  assert.equal(await service.userExists('nobody'), false);
  assert.equal(await service.groupExists('rest-group'), false);
  await service.group('rest-group').addConnection(id);
  assert.equal(await service.groupExists('rest-group'), true);
  await service.group('rest-group').removeConnection(id);
  assert.equal(await service.groupExists('rest-group'), false);
  await service.group('rest-group').addUser('rest-user');
  assert.equal(await service.groupExists('rest-group'), true);
  await service.group('rest-group').removeUser('rest-user');
  await service.addConnectionsToGroups(['g1', 'g2'], `userId eq 'rest-user'`);
  assert.deepEqual([await service.groupExists('g1'), await service.groupExists('g2')], [true, true]);
  await service.removeConnectionsFromGroups(['g1'], `'g2' in groups`);
  assert.deepEqual([await service.groupExists('g1'), await service.groupExists('g2')], [false, true]);
  await service.removeUserFromAllGroups('rest-user');
  await service.group('g3').addConnection(id);
  await service.removeConnectionFromAllGroups(id);
  assert.deepEqual([await service.groupExists('g2'), await service.groupExists('g3')], [false, false]);
  await assert.rejects(service.group('rest-group').addConnection('nobody'), { statusCode: 404 });

  await assert.rejects(client.joinGroup('asked'), /Failed to send/);
  assert.equal(await service.hasPermission(id, 'joinLeaveGroup', { targetName: 'asked' }), false);
  await service.grantPermission(id, 'joinLeaveGroup', { targetName: 'asked' });
  assert.equal(await service.hasPermission(id, 'joinLeaveGroup', { targetName: 'asked' }), true);
  await client.joinGroup('asked');
  await assert.rejects(client.joinGroup('another'), /Failed to send/);
  await service.revokePermission(id, 'joinLeaveGroup', { targetName: 'asked' });
  await assert.rejects(client.leaveGroup('asked'), /Failed to send/);
  await assert.rejects(service.grantPermission('nobody', 'sendToGroup'), { statusCode: 404 });
});

test('the members of a group are listed in pages', async () => {
  const ids = await Promise.all(
    [1, 2, 3].map(async (n) => (await connect({ userId: `l${n}`, groups: ['listed'] })).id),
  );
  const { token } = await service.getClientAccessToken();
  const found: string[] = [];
  const { SignJWT } = await import('jose');
  let path: string | undefined = `/api/hubs/${hub}/groups/listed/connections?maxpagesize=2&api-version=2024-12-01`;
  let pages = 0;
  while (path !== undefined) {
    const address = `${server.endpoint}${path}`;
    const bearer = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setAudience(address)
      .setExpirationTime('1m')
      .sign(new TextEncoder().encode(key));
    const page = (await (await fetch(address, { headers: { authorization: `Bearer ${bearer}` } })).json()) as {
      value: { connectionId: string; userId: string }[];
      nextLink?: string;
    };
    found.push(...page.value.map(({ connectionId }) => connectionId));
    path = page.nextLink;
    pages++;
  }
  assert.deepEqual([found.toSorted(), pages], [ids.toSorted(), 2]);
  // A client's token is for connecting, not for calling.
  const refused = await fetch(`${server.endpoint}/api/hubs/${hub}/groups/listed/connections`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(refused.status, 401);
});

test('connections are closed one by one, by user, by group and all at once, with the reason', async () => {
  const single = await connect();
  const byUser = await connect({ userId: 'closing' }, plain);
  const byGroup = await connect({ groups: ['closing'] });
  await service.closeConnection(single.id, { reason: 'out of date' });
  await service.closeUserConnections('closing', { reason: 'signed out' });
  await service.group('closing').closeAllConnections({ reason: 'ward closed' });
  await eventually('three disconnections', () =>
    [single, byUser, byGroup].every(({ disconnected }) => disconnected.length > 0),
  );
  assert.deepEqual(
    [single, byUser, byGroup].map(({ disconnected }) => disconnected[0]),
    ['out of date', 'signed out', 'ward closed'],
  );
  assert.equal(await service.connectionExists(single.id), false);
  const last = await connect();
  await service.closeAllConnections({ reason: 'restart' });
  await eventually('the last disconnection', () => last.disconnected.length > 0);
  assert.equal(await service.connectionExists(last.id), false);
});

test('clients of a group talk to each other as far as their roles go', async () => {
  const speaker = await connect({ userId: 'speaker', roles: everything });
  const listener = await connect({ roles: ['webpubsub.joinLeaveGroup.talk'] });
  await Promise.all([speaker.client.joinGroup('talk'), listener.client.joinGroup('talk')]);
  await speaker.client.sendToGroup('talk', { n: 1 }, 'json', { noEcho: true });
  await speaker.client.sendToGroup('talk', 'two', 'text');
  await eventually('both messages', () => listener.group.length === 2 && speaker.group.length === 1);
  assert.deepEqual(
    listener.group.map(({ data, fromUserId }) => [data, fromUserId]),
    [
      [{ n: 1 }, 'speaker'],
      ['two', 'speaker'],
    ],
  );
  await assert.rejects(listener.client.sendToGroup('talk', 'x', 'text'), /Failed to send/);
  await assert.rejects(listener.client.joinGroup('other'), /Failed to send/);
  await listener.client.leaveGroup('talk');
  await speaker.client.sendToGroup('talk', 'three', 'text');
  await eventually('the echo', () => speaker.group.length === 2);
  assert.equal(listener.group.length, 2);
});

test('a repeated ackId is acknowledged and not done twice', async () => {
  const { client, group } = await connect({ roles: everything });
  await client.joinGroup('once');
  await client.sendToGroup('once', 'a', 'text', { ackId: 77 });
  const second = await client.sendToGroup('once', 'a', 'text', { ackId: 77 });
  assert.equal(second.isDuplicated, true);
  await client.sendToGroup('once', 'b', 'text');
  await eventually('the second message', () => group.length === 2);
  assert.deepEqual(
    group.map(({ data }) => data),
    ['a', 'b'],
  );
});

/** A client on a bare socket, for what the unmodified client would not do. */
async function openSocket(
  url: string,
  protocol?: string,
): Promise<{ socket: WebSocket; frames: Record<string, unknown>[] }> {
  const socket = new WebSocket(url, protocol === undefined ? [] : [protocol]);
  const frames: Record<string, unknown>[] = [];
  socket.on('message', (data) => frames.push(JSON.parse(String(data))));
  await new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response) => reject(new Error(String(response.statusCode))));
  });
  return { socket, frames };
}

test('a reliable client that was away gets what it missed, once, unless it has expired', async () => {
  const { url } = await service.getClientAccessToken({ userId: 'away' });
  const reliable = 'json.reliable.webpubsub.azure.v1';
  const first = await openSocket(url, reliable);
  const connected = await eventually('the welcome', () => first.frames[0]);
  await service.sendToUser('away', { n: 1 });
  await service.sendToUser('away', { n: 2 });
  await eventually('two messages', () => first.frames.length === 3);
  first.socket.send(JSON.stringify({ type: 'sequenceAck', sequenceId: 1 }));
  first.socket.send(JSON.stringify({ type: 'ping' }));
  await eventually('the pong', () => first.frames.some(({ type }) => type === 'pong'));
  first.socket.terminate();
  await service.sendToUser('away', { n: 3 });
  await service.sendToUser('away', { n: 4 }, { messageTtlSeconds: 1 });
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const back = (token: string) =>
    openSocket(
      `${url.split('?')[0]}?awps_connection_id=${connected['connectionId']}&awps_reconnection_token=${token}`,
      reliable,
    );
  await assert.rejects(back('wrong'), /404/);
  const second = await back(String(connected['reconnectionToken']));
  await eventually('what was missed', () => second.frames.length >= 3);
  await service.sendToUser('away', { n: 5 });
  await eventually('what came after', () => second.frames.length >= 4);
  assert.deepEqual(
    second.frames.slice(1).map(({ sequenceId, data }) => [sequenceId, (data as { n: number }).n]),
    [
      [2, 2],
      [3, 3],
      [5, 5],
    ],
  );
  assert.equal(second.frames[0]?.['connectionId'], connected['connectionId']);
  second.socket.terminate();
});

test('a client that never acknowledges is cut off before it fills the memory', async () => {
  const { url } = await service.getClientAccessToken({ userId: 'silent' });
  const { socket } = await openSocket(url, 'json.reliable.webpubsub.azure.v1');
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  for (let n = 0; n < 11; n++)
    await Promise.all(Array.from({ length: 100 }, () => service.sendToUser('silent', { n })));
  assert.equal(await closed, 1008);
  assert.equal(await service.userExists('silent'), false);
});

test('wrong keys, hubs, tokens and protocols let nobody in', async () => {
  await assert.rejects(serviceOf(hub, 'another access key, long enough as well').sendToAll({}), { statusCode: 401 });
  await assert.rejects(serviceOf('nowhere').sendToAll({}), { statusCode: 404 });
  const { url } = await service.getClientAccessToken({});
  const other = await serviceOf(hub, 'another access key, long enough as well').getClientAccessToken({});
  await assert.rejects(openSocket(other.url), /401/);
  await assert.rejects(openSocket(url.replace(/\?.*/, '')), /401/);
  await assert.rejects(openSocket(url.replace('/boards?', '/nowhere?')), /404/);
  await assert.rejects(openSocket(url.replace('/boards?', '/chat?')), /401/);
  await assert.rejects(openSocket(url.replace('/client/', '/clients/mqtt/')), /404/);
  await assert.rejects(openSocket(url, 'protobuf.webpubsub.azure.v1'), /400/);
  const headers = { authorization: 'Bearer x.y.z' };
  assert.equal((await fetch(`${server.endpoint}/api/hubs/${hub}/:send`, { method: 'POST', headers })).status, 401);
  assert.equal((await fetch(`${server.endpoint}/api/health`)).status, 200);
});

test('messages of a wrong size or type are refused with the service’s codes', async () => {
  await assert.rejects(service.sendToAll('x'.repeat(1024 * 1024 + 1), { contentType: 'text/plain' }), {
    statusCode: 413,
  });
  await assert.rejects(service.sendToAll({}, { messageTtlSeconds: 301 }), { statusCode: 400 });
  const { url } = await service.getClientAccessToken({ roles: everything });
  const bad: readonly [string, number][] = [
    ['not json', 1008],
    ['[1]', 1008],
    ['{"type":"unknown"}', 1008],
    ['{"type":"ping","ackId":"x"}', 1008],
    ['x'.repeat(1024 * 1024 + 1), 1009],
  ];
  for (const [frame, code] of bad) {
    const { socket } = await openSocket(url, 'json.webpubsub.azure.v1');
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    socket.send(frame);
    assert.equal(await closed, code, frame.slice(0, 40));
  }
  const { socket, frames } = await openSocket(url, 'json.webpubsub.azure.v1');
  const frame = (ackId: number, more: object) => socket.send(JSON.stringify({ ackId, ...more }));
  frame(1, { type: 'joinGroup' });
  frame(2, { type: 'sendToGroup', group: 'g', dataType: 'text', data: 7 });
  frame(3, { type: 'sendToGroup', group: 'g', dataType: 'binary', data: '#' });
  frame(4, { type: 'sendToGroup', group: 'g', dataType: 'json', data: 1, stream: { streamId: 's' } });
  frame(5, { type: 'setGroupState', group: 'g' });
  await eventually('five refusals', () => frames.filter(({ type }) => type === 'ack').length === 5);
  assert.deepEqual(
    frames.slice(1).map(({ ackId, success, error }) => [ackId, success, (error as { name: string }).name]),
    [
      [1, false, 'BadRequest'],
      [2, false, 'BadRequest'],
      [3, false, 'BadRequest'],
      [4, false, 'NotSupported'],
      [5, false, 'NotSupported'],
    ],
  );
  socket.terminate();
});

test('servers with a managed identity send and make client tokens over TLS, on the same port', async () => {
  const script = join(import.meta.dirname, '../fixtures/push-with-identity.ts');
  const listener = await connect({ userId: 'identity' });
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, server.endpoint.replace('http:', 'https:'), hub],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: authority } },
  );
  const { token, joined } = JSON.parse(stdout);
  assert.equal(joined, true);
  await eventually('the message', () => listener.server.length === 1);
  const { payload } = await jwtVerify(token, new TextEncoder().encode(key));
  assert.deepEqual([payload.sub, payload['role'], payload['webpubsub.group']], ['made', everything, ['g']]);
  const wrong = await identity.token('https://vault.azure.net');
  const refused = await fetch(`${server.endpoint}/api/hubs/${hub}/:closeConnections`, {
    method: 'POST',
    headers: { authorization: `Bearer ${wrong}` },
  });
  assert.equal(refused.status, 401);
});

const eventsOf = (name: string): WebhookRequest[] =>
  handler.requests.filter(({ headers }) => headers['ce-eventname'] === name);

test('an event handler decides who connects, and is told of it, in signed CloudEvents', async () => {
  const chat = serviceOf('chat');
  answers = {
    connect: ({ body }) =>
      JSON.parse(body).query.refused === undefined
        ? {
            status: 200,
            headers: { 'ce-connectionstate': 'c3RhdGU=' },
            body: JSON.stringify({ userId: 'renamed', groups: ['lobby'], roles: ['webpubsub.sendToGroup.lobby'] }),
          }
        : { status: 403 },
  };
  const { client, id, group } = await connect({ userId: 'ada', roles: ['r1'] }, {}, chat);
  const [connectEvent] = eventsOf('connect');
  const said = JSON.parse(connectEvent?.body ?? '');
  assert.deepEqual(said.subprotocols, ['json.reliable.webpubsub.azure.v1']);
  assert.deepEqual([said.claims.sub, said.claims.role], [['ada'], ['r1']]);
  assert.equal(connectEvent?.path, '/hook/chat/connect');
  const headers = connectEvent?.headers ?? {};
  assert.equal(headers['ce-type'], 'azure.webpubsub.sys.connect');
  assert.equal(headers['ce-source'], `/hubs/chat/client/${id}`);
  assert.equal(headers['ce-signature'], `sha256=${createHmac('sha256', key).update(id).digest('hex')}`);
  assert.ok(
    handler.requests.some(
      ({ method, headers }) => method === 'OPTIONS' && headers['webhook-request-origin'] !== undefined,
    ),
  );
  await client.sendToGroup('lobby', 'hello', 'text');
  await eventually('the echo', () => group[0]?.fromUserId === 'renamed');
  const [connectedEvent] = await eventually(
    'the event connected',
    () => eventsOf('connected').length > 0 && eventsOf('connected'),
  );
  assert.equal(connectedEvent?.headers['ce-userid'], 'renamed');
  assert.equal(connectedEvent?.headers['ce-connectionstate'], 'c3RhdGU=');
  await chat.closeConnection(id, { reason: 'enough' });
  const [gone] = await eventually(
    'the event disconnected',
    () => eventsOf('disconnected').length > 0 && eventsOf('disconnected'),
  );
  assert.deepEqual(JSON.parse(gone?.body ?? ''), { reason: 'enough' });
  const { url } = await chat.getClientAccessToken({});
  await assert.rejects(openSocket(`${url}&refused=1`, 'json.webpubsub.azure.v1'), /403/);
  const anonymous = await openSocket(url.replace(/\?.*/, ''), 'json.webpubsub.azure.v1');
  anonymous.socket.terminate();
});

test('user events reach the handler and its answer the client, in order', async () => {
  const chat = serviceOf('chat');
  answers = {
    echo: ({ body, headers }) => ({ status: 200, headers: { 'content-type': String(headers['content-type']) }, body }),
    slow: async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'slow' };
    },
    broken: () => ({ status: 500 }),
  };
  const { client, server: messages } = await connect({ userId: 'eve' }, {}, chat);
  await Promise.all([client.sendEvent('slow', 'x', 'text'), client.sendEvent('echo', { n: 1 }, 'json')]);
  await client.sendEvent('echo', new Uint8Array([7]).buffer, 'binary');
  await eventually('three answers', () => messages.length === 3);
  assert.deepEqual(
    messages.slice(0, 2).map(({ data }) => data),
    ['slow', { n: 1 }],
  );
  assert.deepEqual([...new Uint8Array(messages[2]?.data as ArrayBuffer)], [7]);
  await client.sendEvent('silent', 'x', 'text');
  await assert.rejects(client.sendEvent('broken', 'x', 'text'), /Failed to send/);
  const invoked = await client.invokeEvent('echo', { n: 2 }, 'json');
  assert.deepEqual(invoked.data, { n: 2 });
  await assert.rejects(client.invokeEvent('broken', 'x', 'text'));
  const withoutHandler = await connect();
  await assert.rejects(withoutHandler.client.sendEvent('echo', 'x', 'text'), /Failed to send/);
});

test('a client without a subprotocol sends data alone and gets data alone', async () => {
  const chat = serviceOf('chat');
  answers = {
    message: ({ body }) => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: `heard ${body}` }),
  };
  const { url } = await chat.getClientAccessToken({ userId: 'bare' });
  const socket = new WebSocket(url);
  const got: string[] = [];
  socket.on('message', (data) => got.push(String(data)));
  await new Promise((resolve) => socket.on('open', resolve));
  socket.send('hello');
  await eventually('the answer', () => got.length === 1);
  await chat.sendToUser('bare', { n: 1 });
  await eventually('the message', () => got.length === 2);
  assert.deepEqual(got, ['heard hello', '{"n":1}']);
  socket.terminate();
});

test('whatever is sent over REST, the service answers and goes on', async () => {
  const token = await identity.token('https://webpubsub.azure.com');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const api = `/api/hubs/${hub}`;
  const templates = [
    {
      method: 'POST',
      path: `${api}/:send?excluded=a&filter=userId%20eq%20'x'&messageTtlSeconds=5`,
      headers,
      body: { n: 1 },
    },
    { method: 'POST', path: `${api}/groups/g/:send`, headers, body: 'text' },
    { method: 'POST', path: `${api}/:addToGroups`, headers, body: { groups: ['a'], filter: `'b' in groups` } },
    { method: 'PUT', path: `${api}/permissions/sendToGroup/connections/c?targetName=g`, headers },
    { method: 'GET', path: `${api}/groups/g/connections?maxpagesize=2&continuationToken=0`, headers },
    { method: 'POST', path: `${api}/:generateToken?userId=u&role=r&minutesToExpire=5`, headers },
  ];
  const statuses = await fuzz({ port: server.port, seed: 7, rounds: 300, templates });
  assert.ok((statuses.get(400) ?? 0) > 20);
  await service.sendToAll({});
});

test('whatever a client sends, the others are served', async () => {
  const random = seededRandom(7);
  const witness = await connect({ roles: everything });
  await witness.client.joinGroup('witness');
  const { url } = await service.getClientAccessToken({ roles: everything });
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const odd = [null, -1, 1.5, '', 'x', [], {}, true, 'x'.repeat(2000), '__proto__'];
  for (let round = 0; round < 60; round++) {
    const { socket } = await openSocket(url, pick(['json.webpubsub.azure.v1', 'json.reliable.webpubsub.azure.v1']));
    for (let n = 0; n < 10; n++) {
      const frame: Record<string, unknown> = {
        type: pick([
          'joinGroup',
          'leaveGroup',
          'sendToGroup',
          'event',
          'invoke',
          'sequenceAck',
          'ping',
          'streamData',
          7,
        ]),
        ...{ group: 'g', event: 'e', ackId: n, dataType: 'json', data: {}, sequenceId: n, invocationId: 'i' },
      };
      frame[pick(Object.keys(frame))] = pick(odd);
      const text = JSON.stringify(frame);
      socket.send(random() < 0.1 ? text.slice(0, 20) : random() < 0.1 ? Buffer.from(text) : text);
    }
    socket.close();
  }
  await witness.client.sendToGroup('witness', 'still here', 'text');
  await eventually('the message', () => witness.group.some(({ data }) => data === 'still here'));
});
