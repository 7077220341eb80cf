import { type Container, valueAt } from './container.ts';
import { badRequest, keyMismatch } from './errors.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

/** Published limit of a partition key's value (large keys, the default of present SDKs). */
const maximumValue = 2048;

/**
 * A partition key as it stands in the request header: a JSON array of strings, numbers, booleans and nulls, `{}` for a
 * value that is missing. In canonical form, so that equal keys are equal texts. @throws CosmosError 400.
 */
export function readPartitionKey(text: string): { readonly canonical: string; readonly length: number } {
  const parsed: Json = parse(text);
  if (!Array.isArray(parsed) || !parsed.every(isKeyValue))
    throw badRequest('The partition key must be a JSON array of strings, numbers, booleans, null, or {} for none.');
  return { canonical: JSON.stringify(parsed), length: parsed.length };
}

/** The partition key of a document. @throws CosmosError 400/1001 when a value cannot be part of a key. */
export function partitionOf(container: Container, document: JsonObject): string {
  const values = container.keyPaths.map((path): Json => {
    const value = valueAt(document, path);
    return value === undefined ? {} : value;
  });
  if (!values.every(isKeyValue)) throw keyMismatch();
  if (values.some((value) => typeof value === 'string' && Buffer.byteLength(value) > maximumValue))
    throw badRequest(`A partition key value may have at most ${maximumValue} bytes.`);
  return JSON.stringify(values);
}

/** From which text on, and up to which, the keys lie that begin with `prefix`. */
export function prefixRange(prefix: string): [from: string, to: string] {
  const open = prefix.slice(0, -1);
  return [`${open},`, `${open}-`];
}

const isKeyValue = (value: Json): boolean =>
  value === null || typeof value !== 'object' || (isObject(value) && Object.keys(value).length === 0);

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('The partition key must be a JSON array.');
  }
}
