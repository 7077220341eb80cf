import { badRequest } from './errors.ts';
import { checkedIndexingPolicy } from './indexing-policy.ts';
import { equal, isObject, type Json, type JsonObject } from './json.ts';
import { checkedResourceId } from './resource-name.ts';

/** Published limits of unique keys (https://learn.microsoft.com/azure/cosmos-db/unique-keys). */
const maximumUniqueKeys = 10;
const maximumUniquePaths = 16;
const maximumTtl = 2 ** 31 - 1;

/**
 * A container's definition with what the service adds where the client leaves it out.
 * @throws CosmosError 400 for what the service refuses.
 */
export function checkedDefinition(given: JsonObject): JsonObject {
  const { defaultTtl, uniqueKeyPolicy, changeFeedPolicy } = given;
  return {
    ...withoutSystemProperties(given),
    id: checkedResourceId(given['id']),
    indexingPolicy: checkedIndexingPolicy(given['indexingPolicy']),
    partitionKey: checkedPartitionKey(given['partitionKey']),
    ...(changeFeedPolicy === undefined ? {} : { changeFeedPolicy: checkedRetention(changeFeedPolicy) }),
    ...(uniqueKeyPolicy === undefined ? {} : { uniqueKeyPolicy: checkedUniqueKeys(uniqueKeyPolicy) }),
    conflictResolutionPolicy: given['conflictResolutionPolicy'] ?? {
      mode: 'LastWriterWins',
      conflictResolutionPath: '/_ts',
      conflictResolutionProcedure: '',
    },
    ...(defaultTtl === undefined || defaultTtl === null ? {} : { defaultTtl: checkedTtl(defaultTtl) }),
  };
}

/** @throws CosmosError 400 when a replacement changes what stays for a container's life. */
export function unchangedKeys(before: JsonObject, after: JsonObject): JsonObject {
  if (before['id'] !== after['id']) throw badRequest('Replacing the id of a container is not allowed.');
  const paths = (definition: JsonObject): Json | undefined =>
    isObject(definition['partitionKey']) ? definition['partitionKey']['paths'] : undefined;
  if (!equal(paths(before), paths(after))) throw badRequest('Document collection partition key cannot be changed.');
  const unique = (definition: JsonObject): Json => definition['uniqueKeyPolicy'] ?? { uniqueKeys: [] };
  if (!equal(unique(before), unique(after)))
    throw badRequest('The unique key policy of a container cannot be changed.');
  return after;
}

function withoutSystemProperties(given: JsonObject): JsonObject {
  const { _rid, _ts, _self, _etag, _docs, _sprocs, _triggers, _udfs, _conflicts, defaultTtl, ...own } = given;
  return own;
}

function checkedPartitionKey(given: Json | undefined): JsonObject {
  const paths = isObject(given) ? given['paths'] : undefined;
  const hierarchical = Array.isArray(paths) && paths.length > 1;
  if (
    !isObject(given) ||
    !Array.isArray(paths) ||
    paths.length === 0 ||
    paths.length > 3 ||
    !paths.every((path) => typeof path === 'string' && /^\/[^*]+$/.test(path))
  )
    throw badRequest('partitionKey.paths must hold one to three paths that begin with a slash and hold no wildcard.');
  if (hierarchical && given['kind'] !== undefined && given['kind'] !== 'MultiHash')
    throw badRequest("Several partition key paths need the kind 'MultiHash'.");
  return { ...given, kind: given['kind'] ?? (hierarchical ? 'MultiHash' : 'Hash') };
}

function checkedUniqueKeys(policy: Json): JsonObject {
  const keys = isObject(policy) ? policy['uniqueKeys'] : undefined;
  if (!isObject(policy) || !Array.isArray(keys)) throw badRequest('uniqueKeyPolicy.uniqueKeys must be a list.');
  if (keys.length > maximumUniqueKeys)
    throw badRequest(`A container may have at most ${maximumUniqueKeys} unique keys.`);
  for (const key of keys) {
    const paths = isObject(key) ? key['paths'] : undefined;
    const sound =
      Array.isArray(paths) &&
      paths.length > 0 &&
      paths.length <= maximumUniquePaths &&
      paths.every((path) => typeof path === 'string' && /^\/[^*]+$/.test(path));
    if (!sound)
      throw badRequest(`A unique key needs one to ${maximumUniquePaths} paths that begin with a slash, no wildcards.`);
  }
  return policy;
}

/** Minutes; the service keeps changes for as long as its continuous backups, 30 days at most. */
function checkedRetention(policy: Json): JsonObject {
  const retention = isObject(policy) ? policy['retentionDuration'] : undefined;
  if (
    !isObject(policy) ||
    (retention !== undefined &&
      (typeof retention !== 'number' || !Number.isInteger(retention) || retention < 0 || retention > 30 * 24 * 60))
  )
    throw badRequest('changeFeedPolicy.retentionDuration must be whole minutes, 30 days at most.');
  return policy;
}

function checkedTtl(ttl: Json): number {
  if (typeof ttl !== 'number' || !Number.isInteger(ttl) || ttl > maximumTtl || (ttl < 1 && ttl !== -1))
    throw badRequest(
      `The input ttl '${JSON.stringify(ttl)}' is invalid. Ensure to provide a nonzero positive integer less than or equal to '${maximumTtl}', or '-1' which means never expire.`,
    );
  return ttl;
}
