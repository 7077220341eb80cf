import type { Container } from '../container.ts';
import { badRequest, CosmosError } from '../errors.ts';
import { columns, type Item } from '../item.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { execute, type Operation } from '../operations.ts';
import { readQueryBody } from '../query/prepare.ts';
import { queryDocuments } from '../query/query-documents.ts';
import { databaseRid, rowOfRid } from '../resource-id.ts';
import type { Store } from '../store.ts';
import type { Host } from './sandbox.ts';

const types: Readonly<Record<string, Operation['type']>> = {
  create: 'Create',
  upsert: 'Upsert',
  read: 'Read',
  replace: 'Replace',
  delete: 'Delete',
};

/** Both ways to name a container: by resource ids and by names. */
export interface ContainerLinks {
  readonly self: string;
  readonly alt: string;
}

export const containerLinks = (container: Container): ContainerLinks => ({
  self: `dbs/${databaseRid(container.databaseNumber)}/colls/${container.rid}/`,
  alt: `dbs/${container.database}/colls/${container.id}`,
});

interface Asked {
  readonly request: { readonly link?: unknown; readonly body?: Json; readonly query?: Json };
  readonly options: JsonObject;
}

/**
 * What a script can do: operations and queries in one partition, inside the transaction it runs in. An operation that
 * is refused leaves nothing behind, and the script may go on.
 */
export function scriptHost(
  { store, now }: { readonly store: Store; readonly now: () => number },
  container: Container,
  partition: string,
  links: ContainerLinks,
): { readonly host: Host; readonly charge: () => number } {
  let units = 0;

  const idOf = (link: unknown): string => {
    const [, owner, name] = /^\/?(.+)\/docs\/([^/]+)\/?$/.exec(String(link)) ?? [];
    if (name === undefined || !isContainer(owner, links))
      throw badRequest(`The document link '${String(link)}' is not one of this container.`);
    const row = rowOfRid(container.rid, name);
    return (row === undefined ? undefined : store.readRow(container, row)?.id) ?? decodeURIComponent(name);
  };

  const change = (type: Operation['type'], { request, options }: Asked): object => {
    const named = type !== 'Create' && type !== 'Upsert';
    if (!named && !isContainer(request.link, links))
      throw badRequest(`The collection link '${String(request.link)}' is not that of this container.`);
    const { etag } = options;
    const result = execute(store, container, {
      type,
      partition,
      id: named ? idOf(request.link) : undefined,
      body: request.body,
      ifMatch: typeof etag === 'string' ? etag : undefined,
    });
    units += result.charge;
    return { resource: result.item === undefined ? undefined : JSON.parse(result.item.body) };
  };

  const select = ({ request, options }: Asked): object => {
    if (!isContainer(request.link, links))
      throw badRequest(`The collection link '${String(request.link)}' is not that of this container.`);
    const body = typeof request.query === 'string' ? { query: request.query } : request.query;
    const text = readQueryBody(body ?? null);
    const found = queryDocuments(text, documents(store, container, partition), now());
    const from = Number(options['continuation'] ?? 0);
    const size = typeof options['pageSize'] === 'number' && options['pageSize'] > 0 ? options['pageSize'] : 100;
    const page = found.slice(from, from + size);
    units += 2.3 + 0.05 * found.length;
    const continuation = from + size < found.length ? String(from + size) : undefined;
    return { resource: page, options: { continuation } };
  };

  const host: Host = (operation, text) => {
    store.db.exec('SAVEPOINT script');
    try {
      const asked = JSON.parse(text) as Asked;
      const type = types[operation];
      const answer = type === undefined ? select(asked) : change(type, asked);
      store.db.exec('RELEASE script');
      return JSON.stringify(answer);
    } catch (error) {
      store.db.exec('ROLLBACK TO script; RELEASE script');
      if (!(error instanceof CosmosError)) throw error;
      return JSON.stringify({ error: { number: error.status, message: error.message, body: error.message } });
    }
  };
  return { host, charge: () => units };
}

const isContainer = (link: unknown, { self, alt }: ContainerLinks): boolean =>
  [self, alt].some((known) => known.replace(/\/$/, '') === String(link).replace(/^\/|\/$/g, ''));

function* documents(store: Store, container: Container, partition: string): Generator<Json> {
  const rows = store
    .statement(`SELECT ${columns} FROM items WHERE container = ? AND partition = ? ORDER BY row`)
    .iterate(container.n, partition) as Iterable<unknown> as Iterable<Item>;
  for (const item of rows) {
    const document: Json = JSON.parse(item.body);
    if (store.alive(item) && isObject(document)) yield document;
  }
}
