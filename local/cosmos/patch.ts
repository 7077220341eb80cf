import type { Container } from './container.ts';
import { badRequest, CosmosError } from './errors.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { applyOperation, type PatchOperation, patchOperations, pathParts } from './patch-operations.ts';
import { matches } from './query/matches.ts';

/** Operations, done together, under a condition (`from c where …`) if there is one. */
export interface Patch {
  readonly condition: string | undefined;
  readonly operations: readonly PatchOperation[];
}

const maximumOperations = 10;
const system = ['id', '_rid', '_self', '_etag', '_attachments', '_ts'];

/**
 * Reads the body of a partial document update: a list of operations, or an object with `operations` and `condition`.
 * @throws CosmosError 400 for more than ten, for what is malformed, and for paths that are not to be changed.
 */
export function readPatch(body: Json | undefined, container: Container): Patch {
  const list = isObject(body) ? body['operations'] : body;
  const condition = isObject(body) ? body['condition'] : undefined;
  if (condition !== undefined && typeof condition !== 'string')
    throw badRequest('The condition of a patch must be a text that begins with "from".');
  if (!Array.isArray(list) || list.length === 0) throw badRequest('A patch needs a list of operations.');
  if (list.length > maximumOperations)
    throw badRequest(`The number of patch operations can't exceed ${maximumOperations}.`);
  return { condition, operations: list.map((entry) => readOperation(entry, container)) };
}

function readOperation(entry: Json, container: Container): PatchOperation {
  const op = isObject(entry) ? patchOperations.find((name) => name === entry['op']) : undefined;
  if (!isObject(entry) || op === undefined)
    throw badRequest(`A patch operation must be one of ${patchOperations.join(', ')}.`);
  const { path, value } = entry;
  if (op === 'move') {
    const from = pathParts(entry['from']);
    const to = pathParts(path);
    for (const parts of [from, to]) requireFree(parts, container);
    if (to.length > from.length && from.every((part, index) => part === to[index]))
      throw badRequest('A move cannot lead into what is moved.');
    return { op, from, path: to };
  }
  const parts = pathParts(path);
  requireFree(parts, container);
  if (op === 'remove') return { op, path: parts };
  if (value === undefined) throw badRequest(`The patch operation '${op}' needs a value.`);
  if (op !== 'incr') return { op, path: parts, value };
  if (typeof value !== 'number') throw badRequest("The value of 'incr' must be a number.");
  return { op, path: parts, value };
}

/** The id, what the system sets, and the partition key stay as they are. */
function requireFree(parts: readonly string[], { keyPaths }: Container): void {
  const key = keyPaths.some((path) => path.every((part, index) => index >= parts.length || part === parts[index]));
  if (key || system.includes(parts[0] ?? ''))
    throw badRequest(
      `The path '/${parts.join('/')}' is the id, a system property or the partition key: a patch cannot change it.`,
    );
}

/**
 * Partial document update (https://learn.microsoft.com/azure/cosmos-db/partial-document-update).
 * @param document is changed. @throws CosmosError 412 when the condition does not hold, 400 when a path does not fit.
 */
export function applyPatch(document: JsonObject, { condition, operations }: Patch): JsonObject {
  if (condition !== undefined && !matches(condition, document, Date.now()))
    throw new CosmosError(412, 'One of the specified pre-condition is not met.', 1110);
  for (const operation of operations) applyOperation(document, operation);
  return document;
}
