import { CosmosClient } from '@azure/cosmos';
import type { AppSettings } from '../app-settings.ts';

/** One client a connection, shared by triggers and bindings. */
export class CosmosClients {
  readonly #settings: AppSettings;
  readonly #clients = new Map<string, CosmosClient>();

  constructor(settings: AppSettings) {
    this.#settings = settings;
  }

  /** @param connection name of the app setting. @throws Error when it holds no connection string of Cosmos DB */
  open(connection: string, owner: string): CosmosClient {
    const kept = this.#clients.get(connection);
    if (kept !== undefined) return kept;
    const text = this.#settings.connection(connection, owner);
    const endpoint = /AccountEndpoint=([^;]+)/i.exec(text)?.[1];
    const key = /AccountKey=([^;]+)/i.exec(text)?.[1];
    if (endpoint === undefined || key === undefined)
      throw new Error(`Function "${owner}": the setting "${connection}" has no AccountEndpoint and AccountKey.`);
    const client = new CosmosClient({
      endpoint,
      key,
      consistencyLevel: 'Session',
      connectionPolicy: { requestTimeout: 10_000 },
    });
    this.#clients.set(connection, client);
    return client;
  }

  close(): void {
    for (const client of this.#clients.values()) client.dispose();
    this.#clients.clear();
  }
}
