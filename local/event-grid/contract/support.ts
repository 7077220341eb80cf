import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AzureKeyCredential, type AzureSASCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { BlobServiceClient } from '@azure/storage-blob';
import { askResourceManager } from '../../fixtures/azure-resource.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { startTestIdentity, type TestIdentity } from '../../fixtures/identity.ts';
import { startTestWebhook, type TestWebhook, type WebhookRequest } from '../../fixtures/webhook.ts';
import { type SpawnedServer, spawnServer } from '../../spawn.ts';
import { localCertificate } from '../../tls.ts';

/** Topics by the schema that they take: CloudEvents and Event Grid's own. */
export type TopicName = 'cloud' | 'grid';
type Manage = (method: string, topic: TopicName, subscription?: string, body?: object) => Promise<Response>;
interface Topic {
  readonly endpoint: string;
  readonly key: string;
}

/** Two topics that contract tests run against, through the unmodified client and webhooks of their own. */
export interface TestTopics {
  readonly topics: Readonly<Record<TopicName, Topic>>;
  readonly cloudEvents: EventGridPublisherClient<'CloudEvent'>;
  readonly gridEvents: EventGridPublisherClient<'EventGrid'>;
  publisher(credential: AzureKeyCredential | AzureSASCredential): EventGridPublisherClient<'CloudEvent'>;
  /** Event subscriptions, in Azure Resource Manager's terms. */
  readonly manage: Manage;
  webhook(answer?: TestWebhook['answer']): Promise<TestWebhook>;
  /** Subscribes a new webhook; after the test nobody listens to the topic any more. */
  subscribe(
    context: { after(work: () => Promise<unknown>): void },
    topic: TopicName,
    properties?: object,
    answer?: TestWebhook['answer'],
    batch?: object,
  ): Promise<TestWebhook>;
  close(): Promise<void>;
}

/** The local topics, with what only they have. */
export interface LocalTopics extends TestTopics {
  readonly server: SpawnedServer;
  readonly identity: TestIdentity;
  readonly blobs: BlobServiceClient;
  /** Certificate authority's file. */
  readonly authority: string;
  resource(topic: TopicName, subscription?: string): string;
}

const azureTopics = {
  cloud: process.env['EVENT_GRID_CLOUD_TOPIC'],
  grid: process.env['EVENT_GRID_SCHEMA_TOPIC'],
};
/** How long a delivery may take: in Azure a retry alone waits for ten seconds. */
const patience = azureTopics.cloud === undefined ? 20_000 : 180_000;

/**
 * Starts local topics; or, when EVENT_GRID_CLOUD_TOPIC and EVENT_GRID_SCHEMA_TOPIC hold the resource ids of two and
 * WEBHOOK_ORIGIN leads back to this machine, uses those, as whoever is signed in.
 */
export async function openTopics(): Promise<TestTopics> {
  const { cloud, grid } = azureTopics;
  if (cloud === undefined || grid === undefined) return openLocalTopics();
  const ids = { cloud, grid };
  const apiVersion = '2025-02-15';
  const open = async (id: string): Promise<Topic> => {
    const shown = await askResourceManager('GET', id, apiVersion);
    const keys = await askResourceManager('POST', `${id}/listKeys`, apiVersion);
    const { properties } = (await shown.json()) as { properties: { endpoint: string } };
    const { key1 } = (await keys.json()) as { key1: string };
    return { endpoint: properties.endpoint, key: key1 };
  };
  const manage: Manage = async (method, topic, subscription = '', body) => {
    const path = `${ids[topic]}/eventSubscriptions${subscription && `/${subscription}`}`;
    const answer = await askResourceManager(method, path, apiVersion, body);
    if (method !== 'PUT' || !answer.ok) return answer;
    await eventually(
      'the subscription',
      async () => {
        const shown = await askResourceManager('GET', path, apiVersion);
        const { properties } = (await shown.json()) as { properties: { provisioningState: string } };
        return ['Succeeded', 'AwaitingManualAction', 'Failed'].includes(properties.provisioningState);
      },
      patience,
    );
    return answer;
  };
  return topicsOf({ cloud: await open(cloud), grid: await open(grid) }, manage, async () => {});
}

/** Starts local topics, for what Azure cannot be asked. */
export async function openLocalTopics(): Promise<LocalTopics> {
  const state = mkdtempSync(join(tmpdir(), 'event-grid-test-'));
  const key = Buffer.from('a key of this test').toString('base64');
  const account = 'devstoreaccount1';
  const blobKey = Buffer.alloc(64, 1).toString('base64');
  const tls = await localCertificate(state);
  const [identity, blobServer] = await Promise.all([
    startTestIdentity(state),
    spawnServer('blobs', { port: 0, state: join(state, 'blobs'), account, key: blobKey }),
  ]);
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${blobKey};BlobEndpoint=http://127.0.0.1:${blobServer.port}/${account};`;
  const blobs = BlobServiceClient.fromConnectionString(connectionString);
  await blobs.createContainer('dead');
  const server = await spawnServer('event-grid', {
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
  const topic = (name: TopicName): Topic => ({ endpoint: `${server.endpoint}/${name}/api/events`, key });
  const resource: LocalTopics['resource'] = (topic, name = '') =>
    `${server.endpoint}/subscriptions/s/resourceGroups/g/providers/Microsoft.EventGrid/topics/${topic}/eventSubscriptions${name && `/${name}`}?api-version=2025-02-15`;
  const manage: Manage = (method, topic, name, body) =>
    fetch(resource(topic, name), {
      method,
      headers: { 'aeg-sas-key': key },
      ...(body && { body: JSON.stringify(body) }),
    });
  const close = async (): Promise<void> => {
    await Promise.all([server.stop(), identity.server.stop(), blobServer.stop()]);
    rmSync(state, { recursive: true, force: true });
  };
  const topics = topicsOf({ cloud: topic('cloud'), grid: topic('grid') }, manage, close);
  return { ...topics, server, identity, blobs, authority: tls.ca, resource };
}

function topicsOf(
  topics: Readonly<Record<TopicName, Topic>>,
  manage: Manage,
  closeServers: () => Promise<void>,
): TestTopics {
  const hooks: TestWebhook[] = [];
  const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };
  const { cloud, grid } = topics;
  const publisher: TestTopics['publisher'] = (credential) =>
    new EventGridPublisherClient(cloud.endpoint, 'CloudEvent', credential, options);
  const webhook: TestTopics['webhook'] = async (answer) => {
    const hook = await startTestWebhook(answer);
    hooks.push(hook);
    return hook;
  };
  return {
    topics,
    cloudEvents: publisher(new AzureKeyCredential(cloud.key)),
    gridEvents: new EventGridPublisherClient(grid.endpoint, 'EventGrid', new AzureKeyCredential(grid.key), options),
    publisher,
    manage,
    webhook,
    async subscribe(context, topic, properties = {}, answer, batch = {}) {
      const hook = await webhook(answer);
      const name = nameOf(hook);
      const wanted = { properties: { ...destination(hook.url, batch), ...properties } };
      const response = await manage('PUT', topic, name, wanted);
      assert.equal(response.status, 201, await response.text());
      context.after(() => manage('DELETE', topic, name));
      return hook;
    },
    async close() {
      await Promise.all([closeServers(), ...hooks.map((hook) => hook.close())]);
    },
  };
}

/** The name of a webhook's subscription. */
export const nameOf = ({ port }: TestWebhook): string => `sub-${port}`;

export const cloudEvent = (more: object = {}) => ({
  type: 'test.happened',
  source: '/tests',
  subject: 'a/b',
  data: { n: 1 },
  ...more,
});

export const destination = (url: string, more: object = {}) => ({
  destination: { endpointType: 'WebHook', properties: { endpointUrl: url, ...more } },
});

export const notifications = ({ requests }: TestWebhook): WebhookRequest[] =>
  requests.filter(({ headers }) => headers['aeg-event-type'] === 'Notification');

export const delivered = (hook: TestWebhook, count: number): Promise<WebhookRequest[]> =>
  eventually(`${count} deliveries`, () => notifications(hook).length >= count && notifications(hook), patience);

/** Where a subscription's dead letters go. */
export const deadLetterTo = (container: string, account = 'devstoreaccount1') => ({
  deadLetterDestination: {
    endpointType: 'StorageBlob',
    properties: {
      resourceId: `/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/${account}`,
      blobContainerName: container,
    },
  },
});
