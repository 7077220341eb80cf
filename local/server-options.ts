import { join, resolve } from 'node:path';
import type { LocalConfig } from './config.ts';
import type { AzureDefinition, Endpoints, TopicDefinition } from './definition.ts';
import type { LocalKeys } from './keys.ts';
import type { LocalCertificate } from './tls.ts';

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
  const state = (name: string): string => join(config.state, name);
  const topic = ({ name, subscriptions }: TopicDefinition, key: string) => ({
    name,
    key,
    subscriptions: subscriptions.map((subscription) => ({
      name: subscription.name,
      endpoint: `${endpoints.functions}/runtime/webhooks/eventgrid?functionName=${subscription.function}&code=${keys.eventGridWebhook}`,
      ...(subscription.eventTypes && { eventTypes: subscription.eventTypes }),
    })),
  });
  return {
    cosmos: { port: ports.cosmos, state: state('cosmos'), key: keys.cosmos, staleReadsMs: config.staleReads },
    'service-bus': {
      port: ports['service-bus'],
      administrationPort: ports.administration,
      state: state('service-bus'),
      key: keys.serviceBus,
      config: definition.serviceBus,
    },
    'event-grid': {
      port: ports['event-grid'],
      state: state('event-grid'),
      topics: [topic(definition.eventGrid.in, keys.eventGridIn), topic(definition.eventGrid.out, keys.eventGridOut)],
    },
    'web-pubsub': { port: ports['web-pubsub'], state: state('web-pubsub'), key: keys.webPubSub, hubs: definition.hubs },
    blobs: { port: ports.blobs, state: state('blobs'), account: 'devstoreaccount1', key: keys.blobs },
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
      identityHeader: keys.identityHeader,
      adminKey: keys.admin,
    },
    'key-vault': {
      port: ports['key-vault'],
      state: state('key-vault'),
      tls,
      keys: definition.vaultKeys,
      jwks: `${endpoints.identity.issuer}/jwks`,
    },
    telemetry: { port: ports.telemetry, state: state('telemetry'), tls },
    functions: {
      port: ports.functions,
      state: state('functions'),
      app: resolve(definition.app),
      settings,
      systemKeys: { eventgrid_extension: keys.eventGridWebhook },
    },
  };
}
