import type { Extension, HostServices } from '../extension.ts';
import type { HostKeys } from '../keys.ts';
import { topicOf, writeEventGrid } from './output.ts';
import { eventGridRoute, eventGridTrigger } from './trigger.ts';

/** Event Grid: functions that events call, and events that functions publish. */
export const openEventGrid = (services: HostServices, keys: HostKeys): Extension => ({
  triggers: { eventgridtrigger: eventGridTrigger },
  outputs: { eventgrid: writeEventGrid(services) },
  route: eventGridRoute(services, keys),
  check(one) {
    for (const binding of Object.values(one.bindings)) {
      if (binding.type === 'eventGrid') topicOf(services.settings, binding, one.name);
    }
  },
});
