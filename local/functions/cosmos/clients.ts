import { CosmosClient, type CosmosClientOptions } from '@azure/cosmos';
import type { AppSettings } from '../app-settings.ts';
import { endpointSettings } from '../connection.ts';

/** One client a connection, shared by triggers and bindings. */
export class CosmosClients {
  readonly #settings: AppSettings;
  readonly #clients = new Map<string, CosmosClient>();

  constructor(settings: AppSettings) {
    this.#settings = settings;
  }

  /** @param connection name of the app setting. @throws Error when it names no account of Cosmos DB */
  open(connection: string, owner: string): CosmosClient {
    const kept = this.#clients.get(connection);
    if (kept !== undefined) return kept;
    const client = new CosmosClient({
      ...this.#account(connection, owner),
      consistencyLevel: 'Session',
      connectionPolicy: { requestTimeout: 10_000 },
    });
    this.#clients.set(connection, client);
    return client;
  }

  #account(connection: string, owner: string): Pick<CosmosClientOptions, 'endpoint' | 'key' | 'aadCredentials'> {
    const found = this.#settings.connection(connection, owner, endpointSettings.cosmos);
    if (!('connectionString' in found)) return { endpoint: found.endpoint, aadCredentials: found.credential };
    const endpoint = /AccountEndpoint=([^;]+)/i.exec(found.connectionString)?.[1];
    const key = /AccountKey=([^;]+)/i.exec(found.connectionString)?.[1];
    if (endpoint === undefined || key === undefined)
      throw new Error(`Function "${owner}": the setting "${connection}" has no AccountEndpoint and AccountKey.`);
    return { endpoint, key };
  }

  close(): void {
    for (const client of this.#clients.values()) client.dispose();
    this.#clients.clear();
  }
}
