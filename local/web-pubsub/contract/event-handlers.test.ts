import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { eventually } from '../../fixtures/eventually.ts';
import type { WebhookRequest } from '../../fixtures/webhook.ts';
import { type LocalHub, openLocalHub, openSocket } from './support.ts';

/** In Azure a hub gets its event handlers as a resource. */
let hub: LocalHub;
before(async () => {
  hub = await openLocalHub();
});
after(() => hub?.close());

const eventsOf = (name: string): WebhookRequest[] =>
  hub.handler.requests.filter(({ headers }) => headers['ce-eventname'] === name);

test('an event handler decides who connects, and is told of it, in signed CloudEvents', async () => {
  const chat = hub.serviceOf('chat');
  hub.answers = {
    connect: ({ body }) =>
      JSON.parse(body).query.refused === undefined
        ? {
            status: 200,
            headers: { 'ce-connectionstate': 'c3RhdGU=' },
            body: JSON.stringify({ userId: 'renamed', groups: ['lobby'], roles: ['webpubsub.sendToGroup.lobby'] }),
          }
        : { status: 403 },
  };
  const { client, id, group } = await hub.connect({ userId: 'ada', roles: ['r1'] }, {}, chat);
  const [connectEvent] = eventsOf('connect');
  const said = JSON.parse(connectEvent?.body ?? '');
  assert.deepEqual(said.subprotocols, ['json.reliable.webpubsub.azure.v1']);
  assert.deepEqual([said.claims.sub, said.claims.role], [['ada'], ['r1']]);
  assert.equal(connectEvent?.path, '/hook/chat/connect');
  const headers = connectEvent?.headers ?? {};
  assert.equal(headers['ce-type'], 'azure.webpubsub.sys.connect');
  assert.equal(headers['ce-source'], `/hubs/chat/client/${id}`);
  assert.equal(headers['ce-signature'], `sha256=${createHmac('sha256', hub.key).update(id).digest('hex')}`);
  assert.ok(
    hub.handler.requests.some(
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
  const chat = hub.serviceOf('chat');
  hub.answers = {
    echo: ({ body, headers }) => ({ status: 200, headers: { 'content-type': String(headers['content-type']) }, body }),
    slow: async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'slow' };
    },
    broken: () => ({ status: 500 }),
  };
  const { client, server: messages } = await hub.connect({ userId: 'eve' }, {}, chat);
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
  const withoutHandler = await hub.connect();
  await assert.rejects(withoutHandler.client.sendEvent('echo', 'x', 'text'), /Failed to send/);
});

test('a client without a subprotocol sends data alone and gets data alone', async () => {
  const chat = hub.serviceOf('chat');
  hub.answers = {
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
