import type { WriteOutput } from '../extension.ts';
import { plainValue } from '../typed-data.ts';
import type { CosmosClients } from './clients.ts';

/** Upserts what a function gives `output.cosmosDB`: one document, or a list of them. */
export const writeCosmos =
  (clients: CosmosClients): WriteOutput =>
  async (binding, data, value) => {
    const text = (name: string): string => data.fill(String(binding[name] ?? ''));
    const client = clients.open(String(binding['connection'] ?? ''), 'output binding');
    const database = client.database(text('databaseName'));
    if (binding['createIfNotExists'] === true) {
      await client.databases.createIfNotExists({ id: database.id });
      const partitionKey = { paths: [text('partitionKey') || '/id'] };
      await database.containers.createIfNotExists({ id: text('containerName'), partitionKey });
    }
    const container = database.container(text('containerName'));
    const given = plainValue(value);
    const documents: unknown[] = [typeof given === 'string' ? JSON.parse(given) : given].flat();
    for (const document of documents) {
      if (typeof document !== 'object' || document === null)
        throw new Error('The output binding cosmosDB takes documents: objects, or a list of them.');
      await container.items.upsert(document);
    }
  };
