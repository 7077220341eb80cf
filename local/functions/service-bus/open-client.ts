import { ServiceBusClient, type ServiceBusClientOptions } from '@azure/service-bus';
import type { AppSettings } from '../app-settings.ts';
import { endpointSettings } from '../connection.ts';

/** A client for the namespace that a binding's `connection` names. @throws Error when it names none */
export function openClient(
  settings: AppSettings,
  connection: unknown,
  owner: string,
  options: ServiceBusClientOptions = {},
): ServiceBusClient {
  const found = settings.connection(String(connection ?? ''), owner, endpointSettings.serviceBus);
  return 'connectionString' in found
    ? new ServiceBusClient(found.connectionString, options)
    : new ServiceBusClient(found.endpoint, found.credential, options);
}
