import type { IncomingHttpHeaders } from 'node:http';
import type { Container } from '../container.ts';
import { badRequest, keyMismatch } from '../errors.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { readPartitionKey } from '../partition-key.ts';

/** A request of the Cosmos DB REST API. */
export interface CosmosRequest {
  readonly method: string;
  /** The path's parts, decoded. */
  readonly segments: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Where the client reached this server (`http://localhost:8081/`). */
  readonly endpoint: string;
}

/** The parts of a request's path, without its query string. @throws CosmosError 400. */
export function pathSegments(url: string): string[] {
  try {
    return (url.split('?', 1)[0] ?? '')
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    throw badRequest('The path is not valid percent-encoding.');
  }
}

/** One header's value, the first where it came several times. */
export const header = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** Whether a switch is on; some clients write `True`. */
export const isOn = (headers: IncomingHttpHeaders, name: string): boolean =>
  header(headers, name)?.toLowerCase() === 'true';

/** The body as JSON. @throws CosmosError 400. */
export function bodyJson({ body }: CosmosRequest): Json {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw badRequest('The request payload is invalid. Ensure to provide a valid request payload: it is not JSON.');
  }
}

/** The body as a JSON object. @throws CosmosError 400 when it is anything else. */
export function bodyObject(request: CosmosRequest): JsonObject {
  const parsed = bodyJson(request);
  if (!isObject(parsed)) throw badRequest('The request body must be a JSON object.');
  return parsed;
}

const partitionHeader = 'x-ms-documentdb-partitionkey';

/** The whole partition key of an item's request. @throws CosmosError 400 when it is missing or has another shape. */
export function itemKey({ headers }: CosmosRequest, container: Container): string {
  const text = header(headers, partitionHeader);
  if (text === undefined) throw badRequest('PartitionKey value must be supplied for this operation.');
  const { canonical, length } = readPartitionKey(text);
  if (length !== container.keyPaths.length) throw keyMismatch();
  return canonical;
}

/** What a feed or query is limited to: one partition key, the beginning of a hierarchical one, or nothing. */
export function feedKey(
  { headers }: CosmosRequest,
  container: Container,
): { readonly partition?: string; readonly prefix?: string } {
  const text = header(headers, partitionHeader);
  if (text === undefined) return {};
  const { canonical, length } = readPartitionKey(text);
  if (length === 0) return {};
  if (length > container.keyPaths.length) throw keyMismatch();
  return length === container.keyPaths.length ? { partition: canonical } : { prefix: canonical };
}

/** How many results a page may have; clients send -1, or nothing, to leave it open. */
export function pageSize(headers: IncomingHttpHeaders): number {
  const asked = Number(header(headers, 'x-ms-max-item-count') ?? 100);
  return asked >= 1 ? Math.floor(asked) : 1000;
}
