import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GenerateClientTokenOptions, WebPubSubServiceClient } from '@azure/web-pubsub';
import {
  type OnGroupDataMessageArgs,
  type OnServerDataMessageArgs,
  WebPubSubClient,
  type WebPubSubClientOptions,
  WebPubSubJsonProtocol,
} from '@azure/web-pubsub-client';
import { WebSocket } from 'ws';
import { startTestIdentity, type TestIdentity } from '../../fixtures/identity.ts';
import { startTestWebhook, type TestWebhook, type WebhookAnswer, type WebhookRequest } from '../../fixtures/webhook.ts';
import { type SpawnedServer, spawnServer } from '../../spawn.ts';
import { localCertificate } from '../../tls.ts';

/** The unmodified client, connected, with what it got. */
export interface TestClient {
  readonly client: WebPubSubClient;
  readonly id: string;
  readonly group: OnGroupDataMessageArgs['message'][];
  readonly server: OnServerDataMessageArgs['message'][];
  readonly disconnected: string[];
}

/** A hub that contract tests run against, through the unmodified clients. */
export interface TestHub {
  readonly name: string;
  readonly service: WebPubSubServiceClient;
  readonly endpoint: string;
  readonly key: string;
  serviceOf(hub: string, withKey?: string): WebPubSubServiceClient;
  /** Connects a client, with the reliable protocol unless said otherwise. */
  connect(
    token?: GenerateClientTokenOptions,
    options?: WebPubSubClientOptions,
    from?: WebPubSubServiceClient,
  ): Promise<TestClient>;
  close(): Promise<void>;
}

/** What the event handler answers to each event, by name; others get 204. */
type HandlerAnswers = Record<string, (request: WebhookRequest) => WebhookAnswer | Promise<WebhookAnswer>>;

/** The local service, with what only it has: a second hub `chat` with an event handler and without tokens. */
export interface LocalHub extends TestHub {
  readonly server: SpawnedServer;
  readonly identity: TestIdentity;
  readonly handler: TestWebhook;
  /** Certificate authority's file. */
  readonly authority: string;
  answers: HandlerAnswers;
}

/** Starts a local service; or, when WEB_PUBSUB_CONNECTION_STRING names one, uses a hub of its own there. */
export async function openHub(): Promise<TestHub> {
  const azure = process.env['WEB_PUBSUB_CONNECTION_STRING'];
  if (azure === undefined) return openLocalHub();
  const part = (name: string): string => new RegExp(`${name}=([^;]+)`).exec(azure)?.[1] ?? '';
  const serviceOf: TestHub['serviceOf'] = (hub, key) =>
    new WebPubSubServiceClient(key === undefined ? azure : azure.replace(/AccessKey=[^;]+/, `AccessKey=${key}`), hub);
  const name = `contract_${randomUUID().slice(0, 8)}`;
  return hubOf(name, serviceOf, part('Endpoint'), part('AccessKey'), async () => {});
}

/** Starts a local service, for what Azure cannot be asked. */
export async function openLocalHub(): Promise<LocalHub> {
  const [name, key] = ['boards', 'an access key of this test, long enough'];
  const state = mkdtempSync(join(tmpdir(), 'web-pubsub-test-'));
  const tls = await localCertificate(state);
  const identity = await startTestIdentity(state);
  let answers: HandlerAnswers = {};
  const handler = await startTestWebhook(({ method, ...request }) =>
    method === 'OPTIONS'
      ? { status: 200, headers: { 'webhook-allowed-origin': '*' } }
      : (answers[String(request.headers['ce-eventname'])]?.({ method, ...request }) ?? { status: 204 }),
  );
  const server = await spawnServer('web-pubsub', {
    port: 0,
    state: join(state, 'web-pubsub'),
    key,
    hubs: [name, 'chat'],
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
  const serviceOf: TestHub['serviceOf'] = (hub, withKey = key) =>
    new WebPubSubServiceClient(`Endpoint=http://localhost;Port=${server.port};AccessKey=${withKey};Version=1.0;`, hub, {
      allowInsecureConnection: true,
      retryOptions: { maxRetries: 0 },
    });
  const hub = hubOf(name, serviceOf, server.endpoint, key, async () => {
    await Promise.all([server.stop(), identity.server.stop(), handler.close()]);
    rmSync(state, { recursive: true, force: true });
  });
  return {
    ...{ ...hub, server, identity, handler, authority: tls.ca },
    get answers() {
      return answers;
    },
    set answers(given) {
      answers = given;
    },
  };
}

function hubOf(
  name: string,
  serviceOf: TestHub['serviceOf'],
  endpoint: string,
  key: string,
  closeServers: () => Promise<void>,
): TestHub {
  const service = serviceOf(name);
  const clients: WebPubSubClient[] = [];
  return {
    ...{ name, service, endpoint, key, serviceOf },
    async connect(token = {}, options = {}, from = service) {
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
    },
    async close() {
      for (const client of clients) client.stop();
      await closeServers();
    },
  };
}

/** No second attempts, and no timers that outlive the client. */
const atOnce: WebPubSubClientOptions = {
  autoReconnect: false,
  messageRetryOptions: { maxRetries: 0 },
  keepAliveIntervalInMs: 0,
  keepAliveTimeoutInMs: 0,
};
export const everything = ['webpubsub.joinLeaveGroup', 'webpubsub.sendToGroup'];
/** The protocol without recovery. */
export const plain: WebPubSubClientOptions = { protocol: WebPubSubJsonProtocol() };

/** A client on a bare socket, for what the unmodified client would not do. */
export async function openSocket(
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
