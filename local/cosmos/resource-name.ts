import { badRequest } from './errors.ts';
import type { Json } from './json.ts';

/**
 * The id of a database, container or script: 1 to 255 characters without / \ ? # and without a space at the end
 * (https://learn.microsoft.com/azure/cosmos-db/concepts-limits). @throws CosmosError 400.
 */
export function checkedResourceId(id: Json | undefined): string {
  if (typeof id !== 'string' || id === '')
    throw badRequest("The input content is invalid because the required properties - 'id; ' - are missing.");
  if (id.length > 255 || /[/\\?#]|\s$/.test(id))
    throw badRequest('The input name is invalid: 1 to 255 characters without / \\ ? # and without a space at the end.');
  return id;
}
