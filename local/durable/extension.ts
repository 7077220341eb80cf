import type { Extension, HostServices } from '../functions/extension.ts';
import type { HostKeys } from '../functions/keys.ts';
import { openDurable } from './index.ts';

/** Durable Functions as a family of triggers and bindings of the functions host. */
export function openDurableExtension(
  { registry, functions, invoke, host, state, settings, log, origin }: HostServices,
  keys: HostKeys,
): Extension {
  const durable = openDurable({
    registry,
    functions,
    invoke,
    state,
    settings: host.durableTask,
    environment: settings.values,
    keys,
    log: (line) => log('information', 'Host.Triggers.DurableTask', line),
  });
  return {
    // What calls these functions is the task hub, for all of them together.
    triggers: { orchestrationtrigger: {}, activitytrigger: {}, entitytrigger: {} },
    inputs: { durableclient: async (_binding, _data, one) => durable.inputs(one)[0]?.data },
    route: durable.route,
    async start() {
      await durable.start(origin());
      return { stop: () => durable.stop() };
    },
  };
}
