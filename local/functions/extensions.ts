import type { Extension, HostServices, OpenExtension } from './extension.ts';
import { openHttp } from './http/index.ts';
import type { HostKeys } from './keys.ts';
import { openTimers } from './timer/trigger.ts';

/** A family of bindings and where it is: loaded only for an app that uses it, since the clients take their time. */
interface Family {
  readonly types: RegExp;
  open(keys: HostKeys): Promise<OpenExtension>;
}

const families: readonly Family[] = [
  { types: /^http(trigger)?$/, open: async () => openHttp },
  { types: /^timertrigger$/, open: async () => openTimers },
  { types: /^servicebus(trigger)?$/, open: async () => (await import('./service-bus/index.ts')).openServiceBus },
  { types: /^cosmosdb(trigger)?$/, open: async () => (await import('./cosmos/index.ts')).openCosmos },
  { types: /^blob$/, open: async () => (await import('./blob/index.ts')).openBlobs },
  {
    types: /^(orchestrationtrigger|activitytrigger|entitytrigger|durableclient)$/,
    async open(keys) {
      const { openDurableExtension } = await import('../durable/extension.ts');
      return (services) => openDurableExtension(services, keys);
    },
  },
  {
    types: /^eventgrid(trigger)?$/,
    async open(keys) {
      const { openEventGrid } = await import('./event-grid/index.ts');
      return (services) => openEventGrid(services, keys);
    },
  },
];

/** Opens what the app's functions use. */
export async function openExtensions(services: HostServices, keys: HostKeys): Promise<Extension[]> {
  const used = new Set(
    services.functions.flatMap(({ bindings }) => Object.values(bindings).map(({ type }) => type.toLowerCase())),
  );
  const needed = families.filter(({ types }) => [...used].some((type) => types.test(type)));
  const opens = await Promise.all(needed.map((family) => family.open(keys)));
  return opens.map((open) => open(services));
}
