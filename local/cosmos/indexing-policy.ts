import { badRequest } from './errors.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

/**
 * An indexing policy with the service's defaults (https://learn.microsoft.com/azure/cosmos-db/index-policy).
 * @throws CosmosError 400 for a policy that the service refuses.
 */
export function checkedIndexingPolicy(given: Json | undefined): JsonObject {
  if (given === undefined || given === null)
    return {
      indexingMode: 'consistent',
      automatic: true,
      includedPaths: [{ path: '/*' }],
      excludedPaths: [{ path: '/"_etag"/?' }],
    };
  if (!isObject(given)) throw badRequest('indexingPolicy must be an object.');
  const mode = String(given['indexingMode'] ?? 'consistent').toLowerCase();
  if (!['consistent', 'none', 'lazy'].includes(mode))
    throw badRequest(`The indexing mode '${mode}' is not one of consistent, none.`);
  const policy: JsonObject = { ...given, indexingMode: mode, automatic: given['automatic'] ?? mode !== 'none' };
  if (mode === 'none') return policy;
  const included = pathsOf(given['includedPaths']);
  const excluded = pathsOf(given['excludedPaths']);
  if (included.length === 0 && excluded.length === 0)
    return { ...policy, includedPaths: [{ path: '/*' }], excludedPaths: [{ path: '/"_etag"/?' }] };
  if (![...included, ...excluded].some(({ path }) => path === '/*'))
    throw badRequest(
      'The special mandatory indexing path "/" is not provided in any of the path type sets. Please provide this path in one of the sets.',
    );
  checkComposites(given['compositeIndexes']);
  return { ...policy, includedPaths: included, excludedPaths: excluded };
}

function pathsOf(list: Json | undefined): (JsonObject & { path: string })[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw badRequest('Indexing paths must be a list.');
  return list.map((entry, index) => {
    const path = isObject(entry) ? entry['path'] : undefined;
    if (!isObject(entry) || typeof path !== 'string' || !/^\/(.*\/)?[?*]$/.test(path))
      throw badRequest(
        `The indexing path '${String(path)}' could not be accepted, failed near position '${index}'. A path begins with a slash and ends with /? or /*.`,
      );
    return { ...entry, path };
  });
}

function checkComposites(given: Json | undefined): void {
  if (given === undefined) return;
  const sound =
    Array.isArray(given) &&
    given.every(
      (composite) =>
        Array.isArray(composite) &&
        composite.length >= 2 &&
        composite.every(
          (entry) =>
            isObject(entry) &&
            typeof entry['path'] === 'string' &&
            entry['path'].startsWith('/') &&
            !/[?*]$/.test(entry['path']) &&
            ['ascending', 'descending', undefined].includes(entry['order'] as string | undefined),
        ),
    );
  if (!sound)
    throw badRequest(
      'A composite index is a list of at least two paths (without /? or /*), each with the order ascending or descending.',
    );
}
