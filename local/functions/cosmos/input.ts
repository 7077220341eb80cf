import type { ItemDefinition, SqlParameter } from '@azure/cosmos';
import type { BindingData } from '../binding-data.ts';
import type { ReadInput } from '../extension.ts';
import type { CosmosClients } from './clients.ts';

/**
 * Reads for `input.cosmosDB`: one document by `id` (undefined when there is none), those of `sqlQuery`, else all of the
 * container (https://learn.microsoft.com/azure/azure-functions/functions-bindings-cosmosdb-v2-input).
 */
export const readCosmos =
  (clients: CosmosClients): ReadInput =>
  async (binding, data, one) => {
    const text = (name: string): string => data.fill(String(binding[name] ?? ''));
    const container = clients
      .open(String(binding['connection'] ?? ''), one.name)
      .database(text('databaseName'))
      .container(text('containerName'));
    const partitionKey = binding['partitionKey'] === undefined ? undefined : text('partitionKey');
    if (binding['id'] !== undefined) {
      const { resource } = await container.item(text('id'), partitionKey ?? text('id')).read<ItemDefinition>();
      return resource === undefined ? undefined : { json: JSON.stringify(resource) };
    }
    const query = toQuery(String(binding['sqlQuery'] ?? 'SELECT * FROM c'), data);
    const options = partitionKey === undefined ? {} : { partitionKey };
    const { resources } = await container.items.query<unknown>(query, options).fetchAll();
    return { json: JSON.stringify(resources) };
  };

/** Expressions become parameters of the query, so that no value is ever part of its text. */
function toQuery(template: string, data: BindingData): { query: string; parameters: SqlParameter[] } {
  const parameters: SqlParameter[] = [];
  const query = template.replace(/\{([\w.-]+)\}/g, (_, expression: string) => {
    const value = data.value(expression);
    if (value === undefined) throw new Error(`No value for named parameter '${expression}'.`);
    const name = `@${expression.replace(/\W/g, '_')}`;
    if (!parameters.some((known) => known.name === name))
      parameters.push({ name, value: value as SqlParameter['value'] });
    return name;
  });
  return { query, parameters };
}
