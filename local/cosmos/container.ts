import { badRequest } from './errors.ts';
import { type IndexPolicy, readIndexPolicy } from './inverted-index/index-policy.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

/** A container as it was created. */
export interface Container {
  /** Number within the server; part of resource ids and of every row. */
  readonly n: number;
  readonly database: string;
  readonly databaseNumber: number;
  readonly id: string;
  readonly definition: JsonObject;
  readonly keyPaths: readonly (readonly string[])[];
  readonly uniqueKeys: readonly (readonly (readonly string[])[])[];
  readonly index: IndexPolicy;
  /** Seconds; -1: only items with a `ttl` of their own expire; undefined: nothing does. */
  readonly defaultTtl: number | undefined;
  /** Minutes for which every change is kept for the feed of all versions and deletes; undefined: it is not. */
  readonly keepsVersions: number | undefined;
  /** Seconds since 1970 of the last change of the definition. */
  readonly ts: number;
  readonly rid: string;
}

/** A path's parts: `/a/b` and `/"a/b"/c` alike. */
const segments = (path: string): string[] =>
  (path.match(/"(?:[^"\\]|\\.)*"|[^/]+/g) ?? []).map((part) => (part.startsWith('"') ? JSON.parse(part) : part));

/** Reads a container's definition. @throws CosmosError 400 when it has no usable partition key. */
export function openContainer(row: {
  n: number;
  database: string;
  databaseNumber: number;
  id: string;
  definition: JsonObject;
  ts: number;
  rid: string;
}): Container {
  const { definition } = row;
  const paths = isObject(definition['partitionKey']) ? definition['partitionKey']['paths'] : undefined;
  if (
    !Array.isArray(paths) ||
    paths.length === 0 ||
    paths.length > 3 ||
    !paths.every((path) => typeof path === 'string' && path.startsWith('/'))
  ) {
    throw badRequest('partitionKey.paths must hold one to three paths that begin with a slash.');
  }
  const unique = isObject(definition['uniqueKeyPolicy']) ? definition['uniqueKeyPolicy']['uniqueKeys'] : [];
  const ttl = definition['defaultTtl'];
  const policy = definition['changeFeedPolicy'];
  const retention = isObject(policy) ? policy['retentionDuration'] : undefined;
  return {
    ...row,
    keyPaths: paths.map((path) => segments(String(path))),
    uniqueKeys: (Array.isArray(unique) ? unique : []).map((key) =>
      pathsOf(isObject(key) ? key['paths'] : undefined).map(segments),
    ),
    index: readIndexPolicy(definition['indexingPolicy']),
    defaultTtl: typeof ttl === 'number' ? ttl : undefined,
    keepsVersions: typeof retention === 'number' && retention > 0 ? retention : undefined,
  };
}

const pathsOf = (value: Json | undefined): string[] =>
  Array.isArray(value) ? value.filter((path) => typeof path === 'string') : [];

/** The value at a path; undefined when there is none. */
export function valueAt(document: Json, path: readonly string[]): Json | undefined {
  let value: Json | undefined = document;
  for (const part of path) value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return value;
}
