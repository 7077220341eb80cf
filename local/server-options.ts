import { join, resolve } from 'node:path';
import type { LocalConfig } from './config.ts';
import type { AzureDefinition, Endpoints, TopicDefinition } from './definition.ts';
import type { LocalKeys } from './keys.ts';
import type { LocalCertificate } from './tls.ts';

/** The account name that Microsoft publishes for its storage emulator. */
export const storageAccount = 'devstoreaccount1';

/** What each server is started with, by its name. */
export function serverOptions(given: {
  config: LocalConfig;
  keys: LocalKeys;
  definition: AzureDefinition;
  endpoints: Endpoints;
  tls: LocalCertificate;
  settings: Readonly<Record<string, string>>;
}): Readonly<Record<string, object>> {
  const { config, keys, definition, endpoints, tls, settings } = given;
  const { ports } = config;
  const { issuer } = endpoints.identity;
  const state = (name: string): string => join(config.state, name);
  const topic = (definition: TopicDefinition, key: string) => ({
    ...definition,
    key,
    subscriptions: definition.subscriptions.map((one) => ({
      name: one.name,
      properties: subscriptionProperties(one, endpoints.functions, keys.eventGridWebhook),
    })),
  });
  return {
    cosmos: {
      port: ports.cosmos,
      state: state('cosmos'),
      key: keys.cosmos,
      staleReadsMs: config.staleReads,
      throttle: config.throttle,
      issuer,
      tls,
    },
    'service-bus': {
      port: ports['service-bus'],
      administrationPort: ports.administration,
      state: state('service-bus'),
      key: keys.serviceBus,
      config: definition.serviceBus,
      issuer,
      tls,
    },
    'event-grid': {
      port: ports['event-grid'],
      state: state('event-grid'),
      topics: [topic(definition.eventGrid.in, keys.eventGridIn), topic(definition.eventGrid.out, keys.eventGridOut)],
      issuer,
      tls,
      blobs: endpoints.blobs,
    },
    'web-pubsub': {
      port: ports['web-pubsub'],
      state: state('web-pubsub'),
      key: keys.webPubSub,
      hubs: definition.hubs,
      issuer,
    },
    blobs: {
      port: ports.blobs,
      state: state('blobs'),
      account: storageAccount,
      key: keys.blobs,
      immutableFor: definition.immutableFor,
      issuer,
      tls,
    },
    identity: {
      port: ports.identity,
      state: state('identity'),
      users: definition.identity.users,
      audience: definition.identity.audience,
      client: {
        id: definition.identity.clientId,
        redirectUris: [`${endpoints.functions}${definition.identity.callback}`],
        origins: [endpoints.functions],
      },
      smart: {
        apps: definition.identity.smart?.apps ?? [],
        audiences: (definition.identity.smart?.audiences ?? []).map((path) => `${endpoints.functions}${path}`),
      },
      identityHeader: keys.identityHeader,
      adminKey: keys.admin,
    },
    'key-vault': {
      port: ports['key-vault'],
      state: state('key-vault'),
      tls,
      keys: definition.vaultKeys,
      issuer,
    },
    telemetry: { port: ports.telemetry, state: state('telemetry'), tls },
    functions: {
      port: ports.functions,
      state: state('functions'),
      app: resolve(definition.app),
      settings,
      systemKeys: { eventgrid_extension: keys.eventGridWebhook },
      watch: config.watch,
      corsOrigins: definition.identity.smart?.apps.flatMap(({ origins }) => origins) ?? [],
    },
  };
}

/** A subscription of the definition as Azure Resource Manager would be told of it. */
const subscriptionProperties = (
  subscription: TopicDefinition['subscriptions'][number],
  functions: string,
  code: string,
): Readonly<Record<string, unknown>> => ({
  ...(subscription.function !== undefined && {
    destination: {
      endpointType: 'WebHook',
      properties: {
        endpointUrl: `${functions}/runtime/webhooks/eventgrid?functionName=${subscription.function}&code=${code}`,
      },
    },
  }),
  ...(subscription.deadLetterContainer !== undefined && {
    deadLetterDestination: {
      endpointType: 'StorageBlob',
      properties: {
        resourceId: `/subscriptions/local/resourceGroups/local/providers/Microsoft.Storage/storageAccounts/${storageAccount}`,
        blobContainerName: subscription.deadLetterContainer,
      },
    },
  }),
  ...subscription.properties,
});
