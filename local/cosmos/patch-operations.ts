import { badRequest } from './errors.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

export const patchOperations = ['add', 'set', 'replace', 'remove', 'incr', 'move'] as const;

/** One operation; paths as their parts. */
export type PatchOperation =
  | { readonly op: 'add' | 'set' | 'replace'; readonly path: readonly string[]; readonly value: Json }
  | { readonly op: 'incr'; readonly path: readonly string[]; readonly value: number }
  | { readonly op: 'remove'; readonly path: readonly string[] }
  | { readonly op: 'move'; readonly from: readonly string[]; readonly path: readonly string[] };

/** The parts of a JSON pointer (RFC 6901). @throws CosmosError 400 when it is none, or the whole document. */
export function pathParts(path: Json | undefined): string[] {
  if (typeof path !== 'string' || !path.startsWith('/') || path === '/')
    throw badRequest(`The path '${String(path)}' of a patch must begin with a slash and name a property.`);
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** @param document is changed. @throws CosmosError 400 when the path does not fit it. */
export function applyOperation(document: JsonObject, operation: PatchOperation): void {
  const place = locate(document, operation.path);
  const name = `/${operation.path.join('/')}`;
  switch (operation.op) {
    case 'add':
      return put(place, operation.value, true);
    case 'set':
      return put(place, operation.value, false);
    case 'replace':
      if (read(place) === undefined) throw badRequest(`There is nothing at '${name}' to replace.`);
      return put(place, operation.value, false);
    case 'remove':
      return take(place, name);
    case 'incr': {
      const present = read(place) ?? 0;
      if (typeof present !== 'number') throw badRequest(`The value at '${name}' is not a number.`);
      return put(place, present + operation.value, false);
    }
    case 'move': {
      const from = `/${operation.from.join('/')}`;
      const source = locate(document, operation.from);
      const moved = read(source);
      if (moved === undefined) throw badRequest(`There is nothing at '${from}' to move.`);
      take(source, from);
      return put(locate(document, operation.path), moved, true);
    }
  }
}

interface Place {
  readonly parent: JsonObject | Json[];
  readonly key: string;
}

function locate(document: JsonObject, parts: readonly string[]): Place {
  let parent: Json | undefined = document;
  for (const part of parts.slice(0, -1)) parent = isContainer(parent) ? read({ parent, key: part }) : undefined;
  if (!isContainer(parent)) throw badRequest(`The parent of '/${parts.join('/')}' does not exist.`);
  return { parent, key: parts.at(-1) ?? '' };
}

const isContainer = (value: Json | undefined): value is JsonObject | Json[] => isObject(value) || Array.isArray(value);

/** Only what the document itself holds: never what JavaScript objects inherit. */
function read({ parent, key }: Place): Json | undefined {
  if (Array.isArray(parent)) return /^\d+$/.test(key) ? parent[Number(key)] : undefined;
  return Object.hasOwn(parent, key) ? parent[key] : undefined;
}

function put({ parent, key }: Place, value: Json, insert: boolean): void {
  if (!Array.isArray(parent))
    Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
  else if (key === '-') parent.push(value);
  else {
    const index = /^\d+$/.test(key) ? Number(key) : -1;
    if (index < 0 || index > parent.length) throw badRequest(`The array has no place '${key}'.`);
    parent.splice(index, insert ? 0 : 1, value);
  }
}

function take({ parent, key }: Place, path: string): void {
  if (read({ parent, key }) === undefined) throw badRequest(`There is nothing at '${path}' to remove.`);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}
