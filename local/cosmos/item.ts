import { type Container, valueAt } from './container.ts';
import { badRequest } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import { databaseRid, itemRid } from './resource-id.ts';

/** An item as it lies in the store; `body` is the whole document with its system properties. */
export interface Item {
  readonly row: number;
  readonly partition: string;
  readonly id: string;
  readonly lsn: number;
  readonly etag: string;
  readonly ts: number;
  readonly expires: number | null;
  readonly body: string;
}

/** The columns of {@link Item}. */
export const columns = 'row, partition, id, lsn, etag, ts, expires, body';

/**
 * The id of a document. The service takes `?` and `#` too, although clients cannot address such items by name.
 * @throws CosmosError 400 when the service would not take it.
 */
export function checkedId(document: JsonObject): string {
  const id = document['id'];
  if (id === undefined)
    throw badRequest("The input content is invalid because the required properties - 'id; ' - are missing.");
  if (typeof id !== 'string' || id === '' || Buffer.byteLength(id) > 1023 || /[/\\]/.test(id)) {
    throw badRequest('The input content is invalid: id must be a string of 1 to 1023 bytes without / and \\.');
  }
  return id;
}

const maximumTtl = 2 ** 31 - 1;

/**
 * When an item ends (ms since 1970): its own `ttl`, else the container's default; null: never.
 * @param written in seconds. @throws CosmosError 400 for a `ttl` that is none.
 */
export function expiryOf({ defaultTtl }: Container, document: JsonObject, written: number): number | null {
  const own = document['ttl'];
  if (defaultTtl === undefined) return null;
  if (own !== undefined && own !== null && !isTtl(own))
    throw badRequest(
      `The input ttl '${JSON.stringify(own)}' is invalid. Ensure to provide a nonzero positive integer less than or equal to '${maximumTtl}', or '-1' which means never expire.`,
    );
  const ttl = typeof own === 'number' ? own : defaultTtl;
  return ttl === -1 ? null : (written + ttl) * 1000;
}

const isTtl = (value: Json): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value <= maximumTtl && (value > 0 || value === -1);

const system = ['_rid', '_self', '_etag', '_attachments', '_ts'];

/** The document as the service returns it: its own properties, then the system's. */
export function withSystemProperties(
  container: Container,
  document: JsonObject,
  { row, etag, ts }: { row: number; etag: string; ts: number },
): string {
  const own = system.some((name) => name in document)
    ? Object.fromEntries(Object.entries(document).filter(([name]) => !system.includes(name)))
    : document;
  const rid = itemRid(container.rid, row);
  const self = `dbs/${databaseRid(container.databaseNumber)}/colls/${container.rid}/docs/${rid}/`;
  const text = JSON.stringify(own);
  return `${text.slice(0, -1)}${text === '{}' ? '' : ','}"_rid":"${rid}","_self":"${self}","_etag":${JSON.stringify(etag)},"_attachments":"attachments/","_ts":${ts}}`;
}

/** A document's values under the paths of one unique key; what is missing counts as null, as in the service. */
export const uniqueKeyOf = (document: JsonObject, paths: readonly (readonly string[])[]): string =>
  JSON.stringify(paths.map((path) => valueAt(document, path) ?? null));
