import type { AzureDefinition, Endpoints } from '../local/definition.ts';
import {
  auditKeyName,
  blobContainers,
  boardHub,
  containers,
  database,
  eventTopics,
  eventTypes,
  maxDeliveryCount,
  queues,
  recordChanges,
  trustKeyName,
} from '../shared/topology.ts';
import users from './users.json' with { type: 'json' };

const trusts = ['RR8', 'RXF'];
const audience = 'api://wardline';
const pagesClient = 'wardline-web';
const common = {
  LockDuration: 'PT1M',
  MaxDeliveryCount: maxDeliveryCount,
  DefaultMessageTimeToLive: 'P14D',
  DeadLetteringOnMessageExpiration: true,
};
const unique = { RequiresDuplicateDetection: true, DuplicateDetectionHistoryTimeWindow: 'PT1H' };

/** What Wardline needs of Azure, from the same table that the code and production use (shared/topology.ts). */
export const definition: AzureDefinition = {
  app: '.',
  cosmos: {
    database,
    containers: Object.entries(containers).map(([id, { partitionKey, defaultTtl, included }]) => ({
      id,
      partitionKey: { paths: [partitionKey], kind: 'Hash', version: 2 },
      ...(defaultTtl === undefined ? {} : { defaultTtl }),
      indexingPolicy: {
        indexingMode: 'consistent',
        automatic: true,
        includedPaths: included.map((path) => ({ path })),
        excludedPaths: [{ path: '/*' }],
      },
    })),
  },
  serviceBus: {
    UserConfig: {
      Namespaces: [
        {
          Name: 'wardline',
          Queues: [
            { Name: queues.formIntake, Properties: { ...common, ...unique, RequiresSession: true } },
            { Name: queues.audit, Properties: { ...common, ...unique } },
            { Name: queues.bedMoved, Properties: { ...common, ...unique, RequiresSession: true } },
          ],
          Topics: [
            {
              Name: recordChanges.topic,
              Properties: unique,
              Subscriptions: Object.values(recordChanges.subscriptions).map((Name) => ({
                Name,
                Properties: { ...common, RequiresSession: true },
              })),
            },
          ],
        },
      ],
    },
  },
  eventGrid: {
    in: {
      name: eventTopics.in,
      subscriptions: [
        {
          name: 'bed-moved',
          function: 'bedMovedReceived',
          deadLetterContainer: blobContainers.eventDeadLetters,
          properties: { filter: { includedEventTypes: [eventTypes.bedMoved] } },
        },
      ],
    },
    out: { name: eventTopics.out, subscriptions: [] },
  },
  hubs: [boardHub],
  blobContainers: Object.values(blobContainers),
  immutableFor: { [blobContainers.auditCheckpoints]: 2922 },
  vaultKeys: [...trusts.map(trustKeyName), auditKeyName],
  identity: {
    users: users as AzureDefinition['identity']['users'],
    audience,
    clientId: pagesClient,
    callback: '/sign-in/callback',
    smart: {
      audiences: ['/fhir', ...trusts.map((ods) => `/trusts/${ods}/fhir`)],
      // For whatever is developed against this, on any port of this machine. CORS names whole origins or all (*): what keeps others
      // out is that codes go to these redirect addresses alone, and that nothing answers without a token.
      apps: [
        {
          id: 'smart-app',
          name: 'A SMART app on this machine',
          redirectUris: ['http://localhost/', 'http://localhost/index.html', 'http://127.0.0.1/'],
          origins: ['*'],
        },
      ],
    },
  },
  ready: '/health/ready',
  alive: '/health/live',
  seed: ['demo/seed.ts'],
  settings: (endpoints: Endpoints) => ({
    WARDLINE_APP: 'all',
    WEBSITE_SITE_NAME: 'wardline',
    // Application Insights asks Microsoft for its settings every hour and has no switch for it: nobody listens there.
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: 'localhost,127.0.0.1',
    WARDLINE_TRUSTS: trusts.join(),
    PUBLIC_ORIGIN: endpoints.functions,
    Cosmos: `AccountEndpoint=${endpoints.cosmos.endpoint};AccountKey=${endpoints.cosmos.key};`,
    ServiceBus: endpoints.serviceBus.connectionString,
    ServiceBus__administration: endpoints.serviceBus.administration,
    Blobs: endpoints.blobs.connectionString,
    WebPubSub: endpoints.webPubSub.connectionString,
    EventGridOut__topicEndpointUri: endpoints.eventGrid.out.endpoint,
    EventGridOut__key: endpoints.eventGrid.out.key,
    KEY_VAULT_URL: endpoints.keyVault.endpoint,
    TOKEN_ISSUERS: endpoints.identity.issuer,
    TOKEN_AUDIENCE: audience,
    PAGES_CLIENT_ID: pagesClient,
  }),
  howToSignIn: (endpoints: Endpoints) => [
    `board   ${endpoints.functions}/wards/J09   (choose Ada Okafor, nurse of J09)`,
    `form    ${endpoints.functions}/forms/news2#ward=J09`,
    'token   npm run -s token -- --user nurse.j09     (--list shows everybody)',
    'alive   npm run demo',
  ],
};
