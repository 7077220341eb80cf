import { badRequest, CosmosError } from './errors.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { rowsOf } from './sql/evaluate.ts';
import { parse } from './sql/parser.ts';

interface PatchOperation {
  readonly op: 'add' | 'set' | 'replace' | 'remove' | 'incr' | 'move';
  readonly path: string;
  readonly value?: Json;
  readonly from?: string;
}

/** A list of operations, or operations under a condition (`from c where …`). */
export type PatchBody =
  | readonly PatchOperation[]
  | { readonly condition?: string; readonly operations: readonly PatchOperation[] };

const maximumOperations = 10;

/**
 * Partial document update (https://learn.microsoft.com/azure/cosmos-db/partial-document-update).
 * @throws CosmosError 412 when the condition does not hold, 400 when a path does not fit.
 */
export function applyPatch(document: JsonObject, body: PatchBody): JsonObject {
  const [operations, condition] = Array.isArray(body)
    ? [body as readonly PatchOperation[], undefined]
    : isObject(body) && 'operations' in body
      ? [
          (body as unknown as { operations: readonly PatchOperation[] }).operations,
          (body as { condition?: string }).condition,
        ]
      : [undefined, undefined];
  if (!Array.isArray(operations) || operations.length === 0) throw badRequest('A patch needs a list of operations.');
  if (operations.length > maximumOperations) throw badRequest('A patch may have at most 10 operations.');
  if (condition !== undefined) {
    const query = parse(`SELECT * ${condition}`);
    if (rowsOf(query, document, { names: new Map(), parameters: new Map() }).length === 0) {
      throw new CosmosError(412, 'One of the specified pre-condition is not met.');
    }
  }
  const next = structuredClone(document);
  for (const operation of operations as readonly PatchOperation[]) applyOne(next, operation);
  return next;
}

function applyOne(document: JsonObject, { op, path, value, from }: PatchOperation): void {
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw badRequest(`The path '${path}' must begin with a slash.`);
  const place = locate(document, path);
  switch (op) {
    case 'add':
    case 'set':
      return put(place, value ?? null, op === 'add');
    case 'replace':
      if (read(place) === undefined) throw badRequest(`There is nothing at '${path}' to replace.`);
      return put(place, value ?? null, false);
    case 'remove':
      return take(place, path);
    case 'incr': {
      const present = read(place) ?? 0;
      if (typeof present !== 'number' || typeof value !== 'number')
        throw badRequest(`The value at '${path}' and the increment must be numbers.`);
      return put(place, present + value, false);
    }
    case 'move': {
      const source = locate(document, from ?? '');
      const moved = read(source);
      if (moved === undefined) throw badRequest(`There is nothing at '${from}' to move.`);
      take(source, from ?? '');
      return put(locate(document, path), moved, true);
    }
    default:
      throw badRequest(`The patch operation '${String(op)}' is unknown.`);
  }
}

interface Place {
  readonly parent: JsonObject | Json[];
  readonly key: string;
}

function locate(document: JsonObject, path: string): Place {
  const parts = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = parts.pop() ?? '';
  let parent: Json | undefined = document;
  for (const part of parts)
    parent = Array.isArray(parent) ? parent[Number(part)] : isObject(parent) ? parent[part] : undefined;
  if (!isObject(parent) && !Array.isArray(parent)) throw badRequest(`The parent of '${path}' does not exist.`);
  return { parent, key };
}

const read = ({ parent, key }: Place): Json | undefined => (Array.isArray(parent) ? parent[Number(key)] : parent[key]);

function put({ parent, key }: Place, value: Json, insert: boolean): void {
  if (!Array.isArray(parent)) parent[key] = value;
  else if (key === '-') parent.push(value);
  else {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index > parent.length)
      throw badRequest(`The array has no place '${key}'.`);
    parent.splice(index, insert ? 0 : 1, value);
  }
}

function take({ parent, key }: Place, path: string): void {
  if (read({ parent, key }) === undefined) throw badRequest(`There is nothing at '${path}' to remove.`);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}
