import { randomUUID } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { GroupCommit, openDatabase } from '../sqlite.ts';
import { type Container, databaseRid, itemRid, openContainer, partitionOf, valueAt } from './container.ts';
import { badRequest, CosmosError, notFound } from './errors.ts';
import { indexTerms } from './index-terms.ts';
import { type JsonObject, tooDeep } from './json.ts';

const schema = `
CREATE TABLE IF NOT EXISTS databases (n INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, ts INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS containers (n INTEGER PRIMARY KEY, database TEXT NOT NULL, id TEXT NOT NULL, ts INTEGER NOT NULL,
  definition TEXT NOT NULL, lsn INTEGER NOT NULL DEFAULT 0, UNIQUE (database, id));
CREATE TABLE IF NOT EXISTS items (row INTEGER PRIMARY KEY, container INTEGER NOT NULL, partition TEXT NOT NULL, id TEXT NOT NULL,
  lsn INTEGER NOT NULL, etag TEXT NOT NULL, ts INTEGER NOT NULL, expires INTEGER, body TEXT NOT NULL, UNIQUE (container, partition, id));
CREATE INDEX IF NOT EXISTS feed ON items (container, lsn);
CREATE INDEX IF NOT EXISTS expiry ON items (expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS terms (container INTEGER NOT NULL, path TEXT NOT NULL, value NOT NULL, item INTEGER NOT NULL,
  PRIMARY KEY (container, path, value, item)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS terms_of_item ON terms (item);
CREATE TABLE IF NOT EXISTS unique_keys (container INTEGER NOT NULL, partition TEXT NOT NULL, key TEXT NOT NULL, item INTEGER NOT NULL,
  PRIMARY KEY (container, partition, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS unique_keys_of_item ON unique_keys (item);
`;

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

/** What an item was before its last change; undefined: it did not exist. Kept while a lagging replica may show it. */
export interface PastImage {
  readonly before: Item | undefined;
  readonly partition: string;
  readonly id: string;
  readonly changedAt: number;
  /** The lsn that the change brought. */
  readonly lsn: number;
}

const maximumItem = 2 * 1024 * 1024;
const columns = 'row, partition, id, lsn, etag, ts, expires, body';

/** Containers and items in one SQLite file. Reads are at once; changes go through {@link Store.change}. */
export class Store {
  readonly db: DatabaseSync;
  readonly #commit: GroupCommit;
  readonly #statements = new Map<string, StatementSync>();
  readonly #containers = new Map<string, Container>();
  readonly #lsn = new Map<number, number>();
  readonly #images = new Map<number, PastImage[]>();
  readonly #now: () => number;
  readonly #keepImages: number;

  /** @param keepImages milliseconds that earlier images of changed items are kept (stale reads); 0: not at all. */
  constructor(file: string, options: { now: () => number; keepImages: number }) {
    this.db = openDatabase(file, schema);
    this.#commit = new GroupCommit(this.db);
    this.#now = options.now;
    this.#keepImages = options.keepImages;
    for (const row of this.statement(
      'SELECT c.*, d.n AS databaseNumber FROM containers c JOIN databases d ON d.id = c.database',
    ).all()) {
      const { n, database, databaseNumber, id, definition, lsn } = row as Record<string, string> &
        Record<string, number>;
      this.#remember(
        openContainer({
          n: Number(n),
          database: String(database),
          databaseNumber: Number(databaseNumber),
          id: String(id),
          definition: JSON.parse(String(definition)),
        }),
        Number(lsn),
      );
    }
  }

  #remember(container: Container, lsn: number): void {
    this.#containers.set(`${container.database}/${container.id}`, container);
    this.#lsn.set(container.n, lsn);
  }

  /** A prepared statement, prepared once. */
  statement(sql: string): StatementSync {
    let found = this.#statements.get(sql);
    if (found === undefined) {
      found = this.db.prepare(sql);
      this.#statements.set(sql, found);
    }
    return found;
  }

  /** Runs changes durably: resolves after the commit that they share with others. */
  change<T>(work: () => T): Promise<T> {
    return this.#commit.run(work);
  }

  databases(): { n: number; id: string; ts: number }[] {
    return this.statement('SELECT * FROM databases').all() as unknown as { n: number; id: string; ts: number }[];
  }

  createDatabase(id: string): void {
    const known = this.statement('SELECT 1 FROM databases WHERE id = ?').get(id);
    if (known !== undefined) throw new CosmosError(409, 'Resource with specified id already exists.');
    this.statement('INSERT INTO databases (id, ts) VALUES (?, ?)').run(id, this.#seconds());
  }

  deleteDatabase(id: string): void {
    for (const container of this.containersOf(id)) this.deleteContainer(container);
    this.statement('DELETE FROM databases WHERE id = ?').run(id);
  }

  containersOf(database: string): Container[] {
    return [...this.#containers.values()].filter((container) => container.database === database);
  }

  container(database: string, id: string): Container {
    const found = this.#containers.get(`${database}/${id}`);
    if (found === undefined) throw new CosmosError(404, 'Resource Not Found', 1003);
    return found;
  }

  createContainer(database: string, definition: JsonObject): Container {
    const id = definition['id'];
    if (typeof id !== 'string' || id === '' || /[/\\?#]/.test(id))
      throw badRequest('The container needs an id without / \\ ? #.');
    const owner = this.databases().find((candidate) => candidate.id === database);
    if (owner === undefined) throw notFound();
    if (this.#containers.has(`${database}/${id}`))
      throw new CosmosError(409, 'Resource with specified id already exists.');
    const { lastInsertRowid } = this.statement(
      'INSERT INTO containers (database, id, ts, definition) VALUES (?, ?, ?, ?)',
    ).run(database, id, this.#seconds(), JSON.stringify(definition));
    const container = openContainer({ n: Number(lastInsertRowid), database, databaseNumber: owner.n, id, definition });
    this.#remember(container, 0);
    return container;
  }

  replaceContainer(container: Container, definition: JsonObject): Container {
    this.statement('UPDATE containers SET definition = ? WHERE n = ?').run(JSON.stringify(definition), container.n);
    const next = openContainer({
      n: container.n,
      database: container.database,
      databaseNumber: container.databaseNumber,
      id: container.id,
      definition,
    });
    this.#remember(next, this.lsn(container));
    for (const item of this.statement(`SELECT ${columns} FROM items WHERE container = ?`).all(
      container.n,
    ) as unknown as Item[])
      this.#index(next, item.row, JSON.parse(item.body));
    return next;
  }

  deleteContainer(container: Container): void {
    for (const table of ['terms', 'unique_keys', 'items'])
      this.statement(`DELETE FROM ${table} WHERE container = ?`).run(container.n);
    this.statement('DELETE FROM containers WHERE n = ?').run(container.n);
    this.#containers.delete(`${container.database}/${container.id}`);
    this.#images.delete(container.n);
  }

  /** The number of the container's latest change. */
  lsn(container: Container): number {
    return this.#lsn.get(container.n) ?? 0;
  }

  read(container: Container, partition: string, id: string): Item | undefined {
    const item = this.statement(`SELECT ${columns} FROM items WHERE container = ? AND partition = ? AND id = ?`).get(
      container.n,
      partition,
      id,
    ) as Item | undefined;
    return item !== undefined && this.alive(item) ? item : undefined;
  }

  alive = (item: Item): boolean => item.expires === null || item.expires > this.#now();

  /** Creates or replaces; the caller has checked what must be checked. Call inside {@link change}. */
  write(container: Container, partition: string, document: JsonObject, previous: Item | undefined): Item {
    const id = this.#checkId(document);
    if (partitionOf(container, document) !== partition) {
      throw badRequest(
        "PartitionKey extracted from document doesn't match the one specified in the header. (substatus 1001)",
      );
    }
    if (tooDeep(document)) throw badRequest('The document nests deeper than 128 levels.');
    // An expired item is as good as gone, but its row may still be there.
    const replaced =
      previous ??
      (this.statement(`SELECT ${columns} FROM items WHERE container = ? AND partition = ? AND id = ?`).get(
        container.n,
        partition,
        id,
      ) as Item | undefined);
    const lsn = this.#nextLsn(container);
    const row =
      replaced?.row ??
      Number(
        this.statement(
          "INSERT INTO items (container, partition, id, lsn, etag, ts, body) VALUES (?, ?, ?, 0, '', 0, '')",
        ).run(container.n, partition, id).lastInsertRowid,
      );
    const etag = `"${randomUUID()}"`;
    const ts = this.#seconds();
    const body = withSystemProperties(container, document, { row, etag, ts });
    if (Buffer.byteLength(body) > maximumItem) throw new CosmosError(413, 'Request size is too large');
    const expires = this.#expiry(container, document);
    this.statement('UPDATE items SET lsn = ?, etag = ?, ts = ?, expires = ?, body = ? WHERE row = ?').run(
      lsn,
      etag,
      ts,
      expires,
      body,
      row,
    );
    this.#index(container, row, document);
    this.#claimUniqueKeys(container, partition, row, document);
    this.#keep(container, previous, partition, id, lsn);
    return { row, partition, id, lsn, etag, ts, expires, body };
  }

  remove(container: Container, item: Item): void {
    const lsn = this.#nextLsn(container);
    this.statement('DELETE FROM terms WHERE item = ?').run(item.row);
    this.statement('DELETE FROM unique_keys WHERE item = ?').run(item.row);
    this.statement('DELETE FROM items WHERE row = ?').run(item.row);
    this.#keep(container, item, item.partition, item.id, lsn);
  }

  /** Latest versions after `lsn`, oldest change first. */
  changesAfter(container: Container, lsn: number, limit: number, partition?: string): Item[] {
    const where = partition === undefined ? '' : 'AND partition = ?';
    const values = partition === undefined ? [] : [partition];
    const items = this.statement(
      `SELECT ${columns} FROM items WHERE container = ? AND lsn > ? ${where} ORDER BY lsn LIMIT ?`,
    ).all(container.n, lsn, ...values, limit);
    return (items as unknown as Item[]).filter(this.alive);
  }

  /** The lsn that the container had at a moment (seconds). */
  lsnAt(container: Container, seconds: number): number {
    const found = this.statement('SELECT MIN(lsn) AS first FROM items WHERE container = ? AND ts > ?').get(
      container.n,
      seconds,
    ) as { first: number | null };
    return found.first === null ? this.lsn(container) : found.first - 1;
  }

  /** Images of what changed since a moment, newest last. */
  imagesSince(container: Container, moment: number): PastImage[] {
    return (this.#images.get(container.n) ?? []).filter(({ changedAt }) => changedAt > moment);
  }

  /** Removes what has expired; the service does so in the background too. */
  removeExpired(): void {
    const gone = this.statement('SELECT row FROM items WHERE expires <= ? LIMIT 500').all(this.#now()) as {
      row: number;
    }[];
    for (const { row } of gone) {
      this.statement('DELETE FROM terms WHERE item = ?').run(row);
      this.statement('DELETE FROM unique_keys WHERE item = ?').run(row);
      this.statement('DELETE FROM items WHERE row = ?').run(row);
    }
  }

  close(): void {
    this.db.close();
  }

  #seconds(): number {
    return Math.floor(this.#now() / 1000);
  }

  #checkId(document: JsonObject): string {
    const id = document['id'];
    if (typeof id !== 'string' || id === '' || Buffer.byteLength(id) > 1023 || /[/\\?#]/.test(id)) {
      throw badRequest('The input content is invalid: id must be a string of 1 to 1023 bytes without / \\ ? #.');
    }
    return id;
  }

  #nextLsn(container: Container): number {
    const next = this.lsn(container) + 1;
    this.#lsn.set(container.n, next);
    this.statement('UPDATE containers SET lsn = ? WHERE n = ?').run(next, container.n);
    return next;
  }

  #expiry(container: Container, document: JsonObject): number | null {
    if (container.defaultTtl === undefined) return null;
    const ttl = typeof document['ttl'] === 'number' ? document['ttl'] : container.defaultTtl;
    return ttl <= 0 ? null : (this.#seconds() + ttl) * 1000;
  }

  #index(container: Container, row: number, document: JsonObject): void {
    this.statement('DELETE FROM terms WHERE item = ?').run(row);
    const insert = this.statement('INSERT OR IGNORE INTO terms (container, path, value, item) VALUES (?, ?, ?, ?)');
    for (const { path, value } of indexTerms(container, document)) insert.run(container.n, path, value, row);
  }

  #claimUniqueKeys(container: Container, partition: string, row: number, document: JsonObject): void {
    if (container.uniqueKeys.length === 0) return;
    this.statement('DELETE FROM unique_keys WHERE item = ?').run(row);
    for (const [index, paths] of container.uniqueKeys.entries()) {
      const key = `${index}:${JSON.stringify(paths.map((path) => valueAt(document, path) ?? null))}`;
      const taken = this.statement('SELECT 1 FROM unique_keys WHERE container = ? AND partition = ? AND key = ?').get(
        container.n,
        partition,
        key,
      );
      if (taken !== undefined) throw new CosmosError(409, 'Unique index constraint violation.');
      this.statement('INSERT INTO unique_keys VALUES (?, ?, ?, ?)').run(container.n, partition, key, row);
    }
  }

  #keep(container: Container, before: Item | undefined, partition: string, id: string, lsn: number): void {
    if (this.#keepImages === 0) return;
    const now = this.#now();
    const images = (this.#images.get(container.n) ?? []).filter(({ changedAt }) => changedAt > now - this.#keepImages);
    images.push({ before, partition, id, changedAt: now, lsn });
    this.#images.set(container.n, images);
  }
}

const system = ['_rid', '_self', '_etag', '_attachments', '_ts'];

/** The document as the service returns it: its own properties, then the system's. */
function withSystemProperties(
  container: Container,
  document: JsonObject,
  { row, etag, ts }: { row: number; etag: string; ts: number },
): string {
  const own = system.some((name) => name in document)
    ? Object.fromEntries(Object.entries(document).filter(([name]) => !system.includes(name)))
    : document;
  const rid = itemRid(container, row);
  const self = `dbs/${databaseRid(container.databaseNumber)}/colls/${container.rid}/docs/${rid}/`;
  const text = JSON.stringify(own);
  return `${text.slice(0, -1)},"_rid":"${rid}","_self":"${self}","_etag":${JSON.stringify(etag)},"_attachments":"attachments/","_ts":${ts}}`;
}
