import { ServiceBusAdministrationClient } from '@azure/service-bus';
import type { Config } from '../config.ts';

/** A queue or subscription in which messages wait that could not be handled. */
export interface DeadLetters {
  readonly path: string;
  readonly deadLettered: number;
}

/**
 * Asks the administration API; in production, where no administration address is set (it takes the right to manage,
 * which no deployment has), Azure Monitor alerts instead.
 */
export function createDeadLetters({
  serviceBus,
  serviceBusAdministration,
}: Config): () => Promise<readonly DeadLetters[]> {
  let client: ServiceBusAdministrationClient | undefined;
  return async () => {
    if (serviceBusAdministration === undefined || !('connectionString' in serviceBus)) return [];
    const { host } = new URL(serviceBusAdministration);
    client ??= new ServiceBusAdministrationClient(
      serviceBus.connectionString.replace(/Endpoint=[^;]+/, `Endpoint=sb://${host}`),
    );
    const found: DeadLetters[] = [];
    for await (const { name, deadLetterMessageCount } of client.listQueuesRuntimeProperties())
      found.push({ path: name, deadLettered: deadLetterMessageCount });
    for await (const { name } of client.listTopics())
      for await (const one of client.listSubscriptionsRuntimeProperties(name))
        found.push({ path: `${name}/subscriptions/${one.subscriptionName}`, deadLettered: one.deadLetterMessageCount });
    return found.filter(({ deadLettered }) => deadLettered > 0);
  };
}
