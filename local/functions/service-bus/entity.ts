import type {
  ServiceBusClient,
  ServiceBusReceiver,
  ServiceBusReceiverOptions,
  ServiceBusSessionReceiver,
  ServiceBusSessionReceiverOptions,
} from '@azure/service-bus';
import type { RegisteredFunction } from '../core-api.ts';

/** What a function listens to: a queue or a subscription. */
export interface Entity {
  receiver(client: ServiceBusClient, options: ServiceBusReceiverOptions): ServiceBusReceiver;
  nextSession(client: ServiceBusClient, options: ServiceBusSessionReceiverOptions): Promise<ServiceBusSessionReceiver>;
}

/** @throws Error when the trigger names neither */
export function entityOf({ name, trigger: { binding } }: RegisteredFunction): Entity {
  const { queueName, topicName, subscriptionName } = binding;
  if (typeof queueName === 'string' && queueName !== '')
    return {
      receiver: (client, options) => client.createReceiver(queueName, options),
      nextSession: (client, options) => client.acceptNextSession(queueName, options),
    };
  if (
    typeof topicName === 'string' &&
    typeof subscriptionName === 'string' &&
    topicName !== '' &&
    subscriptionName !== ''
  )
    return {
      receiver: (client, options) => client.createReceiver(topicName, subscriptionName, options),
      nextSession: (client, options) => client.acceptNextSession(topicName, subscriptionName, options),
    };
  throw new Error(`Function "${name}": the trigger names neither a queue nor a topic and subscription.`);
}
