import { endpointSettings } from '../connection.ts';
import type { Extension, HostServices } from '../extension.ts';
import { entityOf } from './entity.ts';
import { handInput } from './message-input.ts';
import { createServiceBusOutput } from './output.ts';
import { listenToServiceBus } from './trigger.ts';

/** Service Bus: functions that messages call, and messages that functions send. */
export function openServiceBus(services: HostServices): Extension {
  const output = createServiceBusOutput(services);
  return {
    triggers: {
      servicebustrigger: {
        listen: (one) => listenToServiceBus(one, services),
        byHand: ({ trigger }, input) => handInput(input, trigger.binding['cardinality'] === 'many'),
      },
    },
    outputs: { servicebus: output.write },
    check(one) {
      for (const binding of Object.values(one.bindings)) {
        if (!/^serviceBus/i.test(binding.type)) continue;
        services.settings.connection(String(binding['connection'] ?? ''), one.name, endpointSettings.serviceBus);
        if (binding === one.trigger.binding) entityOf(one);
      }
    },
    close: output.close,
  };
}
