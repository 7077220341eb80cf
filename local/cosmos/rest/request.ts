import type { IncomingHttpHeaders } from 'node:http';
import { badRequest } from '../errors.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';

/** A request of the Cosmos DB REST API; `path` has no query string. */
export interface CosmosRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One header's value, the first where it came several times. */
export const header = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** Whether a switch is on; some clients write `True`. */
export const isOn = (headers: IncomingHttpHeaders, name: string): boolean =>
  header(headers, name)?.toLowerCase() === 'true';

/** The body as a JSON object. @throws CosmosError 400 when it is anything else. */
export function bodyObject({ body }: CosmosRequest): JsonObject {
  const parsed: Json = JSON.parse(body);
  if (!isObject(parsed)) throw badRequest('The request body must be a JSON object.');
  return parsed;
}

/** The partition key header as canonical JSON; undefined when there is none. @throws CosmosError 400. */
export function partitionKey(headers: IncomingHttpHeaders): string | undefined {
  const value = header(headers, 'x-ms-documentdb-partitionkey');
  if (value === undefined) return undefined;
  const parsed: unknown = JSON.parse(value);
  if (!Array.isArray(parsed)) throw badRequest('The partition key header must hold a JSON array.');
  return JSON.stringify(parsed);
}

/** How many results a page may have. @param otherwise when the client leaves it open (no header, or -1). */
export function pageSize(headers: IncomingHttpHeaders): number {
  const asked = Number(header(headers, 'x-ms-max-item-count') ?? 100);
  return asked >= 1 ? asked : 1000;
}
