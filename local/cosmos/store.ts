import { randomUUID } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { GroupCommit, openDatabase, prepareOnce } from '../sqlite.ts';
import { Catalog, type Database } from './catalog.ts';
import type { Container } from './container.ts';
import { badRequest, CosmosError, keyMismatch, tooLarge } from './errors.ts';
import { InvertedIndex, indexSchema } from './inverted-index/inverted-index.ts';
import { rebuildIndex } from './inverted-index/rebuild-index.ts';
import { checkedId, columns, expiryOf, type Item, uniqueKeyOf, withSystemProperties } from './item.ts';
import { type JsonObject, tooDeep } from './json.ts';
import { Offers } from './offers.ts';
import { partitionOf } from './partition-key.ts';
import { type PastImage, PastImages } from './past-images.ts';
import { schema } from './schema.ts';
import { Scripts } from './scripts/scripts.ts';
import { type Version, Versions } from './versions.ts';

const maximumItem = 2 * 1024 * 1024;
const sweptAtOnce = 500;
/**
 * 64 MB of pages instead of 2, so that the upper levels of the index stay in memory; a checkpoint every 64 MB: pages of
 * the index change again and again, and each is written to its place once a checkpoint.
 */
const memory = 'PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16000;';

/** Containers and items in one SQLite file. Reads are at once; changes go through {@link Store.change}. */
export class Store {
  readonly db: DatabaseSync;
  /** A prepared statement, prepared once. */
  readonly statement: (sql: string) => StatementSync;
  readonly catalog: Catalog;
  readonly offers: Offers;
  readonly scripts: Scripts;
  readonly versions: Versions;
  readonly #commit: GroupCommit;
  readonly #index: InvertedIndex;
  readonly #images: PastImages;
  readonly #now: () => number;
  /** Row numbers are given once, as they are part of resource ids. */
  #lastRow = 0;
  #savedRow = 0;

  /** @param keepImages milliseconds that earlier images of changed items are kept (stale reads); 0: not at all. */
  constructor(file: string, options: { now: () => number; keepImages: number }) {
    this.db = openDatabase(file, schema + indexSchema);
    this.db.exec(memory);
    this.statement = prepareOnce(this.db);
    this.#now = options.now;
    this.#images = new PastImages(options.keepImages);
    this.catalog = new Catalog(this.statement);
    this.offers = new Offers(this.statement);
    this.scripts = new Scripts(this.statement);
    this.versions = new Versions(this.statement);
    this.#index = new InvertedIndex(this.statement);
    rebuildIndex(this.db, this.statement, this.#index, this.catalog.containers());
    this.#loadLastRow();
    this.#commit = new GroupCommit(this.db, {
      beforeCommit: () => this.#save(),
      afterRollback: () => {
        this.catalog.load();
        this.#loadLastRow();
      },
    });
  }

  /** Runs changes durably: resolves after the commit that they share with others. */
  change<T>(work: () => T): Promise<T> {
    return this.#commit.run(work);
  }

  /** Replaces a container's definition and brings index and expiry of its items in line with it. */
  replaceContainer(container: Container, definition: JsonObject): Container {
    const next = this.catalog.replaceContainer(container, definition, this.seconds());
    const reindexed = next.index.fingerprint !== container.index.fingerprint;
    if (reindexed) this.#index.clear(container.n);
    if (next.keepsVersions === undefined) this.versions.forget(next);
    else if (container.keepsVersions === undefined) this.versions.begin(next, this.lsn(next));
    const items = this.statement(
      `SELECT ${columns} FROM items WHERE container = ? AND row > ? ORDER BY row LIMIT 1000`,
    );
    const update = this.statement('UPDATE items SET expires = ? WHERE row = ?');
    for (let after = 0; ; ) {
      const page = items.all(container.n, after) as unknown as Item[];
      for (const item of page) {
        const document: JsonObject = JSON.parse(item.body);
        if (reindexed) this.#index.replace(next, item.row, undefined, document);
        update.run(expiryOf(next, document, item.ts), item.row);
      }
      after = page.at(-1)?.row ?? 0;
      if (page.length < 1000) return next;
    }
  }

  deleteDatabase(database: Database): void {
    for (const container of this.catalog.containersOf(database.id)) this.deleteContainer(container);
    this.catalog.deleteDatabase(database);
    this.offers.remove(database.rid);
  }

  deleteContainer(container: Container): void {
    this.offers.remove(container.rid);
    this.scripts.removeAll(container);
    this.versions.forget(container);
    this.catalog.deleteContainer(container);
    this.#images.forget(container.n);
  }

  /** The number of the container's latest change. */
  lsn(container: Container): number {
    return this.catalog.lsn(container);
  }

  /** How much a container holds; walks all of it. */
  usage(container: Container): { items: number; bytes: number } {
    const row = this.statement(
      'SELECT COUNT(*) AS items, COALESCE(SUM(LENGTH(body)), 0) AS bytes FROM items WHERE container = ?',
    ).get(container.n);
    return { items: Number(row?.['items']), bytes: Number(row?.['bytes']) };
  }

  /** Now, in whole seconds since 1970 (`_ts`). */
  seconds(): number {
    return Math.floor(this.#now() / 1000);
  }

  read(container: Container, partition: string, id: string): Item | undefined {
    const item = this.#stored(container, partition, id);
    return item !== undefined && this.alive(item) ? item : undefined;
  }

  /** The item with this row number, if it is one of the container. */
  readRow(container: Container, row: number): Item | undefined {
    const item = this.statement(`SELECT ${columns} FROM items WHERE row = ? AND container = ?`).get(
      row,
      container.n,
    ) as unknown as Item | undefined;
    return item !== undefined && this.alive(item) ? item : undefined;
  }

  alive = (item: Item): boolean => item.expires === null || item.expires > this.#now();

  /** Creates or replaces; the caller has checked what must be checked. Call inside {@link change}. */
  write(container: Container, partition: string, document: JsonObject, previous: Item | undefined): Item {
    const id = checkedId(document);
    if (partitionOf(container, document) !== partition) throw keyMismatch();
    if (tooDeep(document)) throw badRequest('The document nests deeper than 128 levels.');
    // An expired item is as good as gone, but its row may still be there.
    const expired = previous === undefined ? this.#stored(container, partition, id) : undefined;
    if (expired !== undefined) this.#expire(container, expired);
    const row = previous?.row ?? this.#lastRow + 1;
    const etag = `"${randomUUID()}"`;
    const ts = this.seconds();
    const body = withSystemProperties(container, document, { row, etag, ts });
    if (Buffer.byteLength(body) > maximumItem) throw tooLarge();
    const expires = expiryOf(container, document, ts);
    const lsn = this.catalog.advance(container);
    if (previous === undefined) {
      this.#lastRow = row;
      this.statement(
        'INSERT INTO items (row, container, partition, id, lsn, etag, ts, expires, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ).run(row, container.n, partition, id, lsn, etag, ts, expires, body);
    } else {
      this.statement('UPDATE items SET lsn = ?, etag = ?, ts = ?, expires = ?, body = ? WHERE row = ?').run(
        lsn,
        etag,
        ts,
        expires,
        body,
        row,
      );
    }
    this.#index.replace(container, row, previous && JSON.parse(previous.body), { ...document, _ts: ts });
    this.#claimUniqueKeys(container, partition, row, document);
    this.#keep(container, { before: previous, partition, id, lsn });
    const operation = previous === undefined ? 'create' : 'replace';
    this.#tell(container, { lsn, operation, partition, id, body, previous: previous?.lsn ?? null, expired: 0 });
    return { row, partition, id, lsn, etag, ts, expires, body };
  }

  remove(container: Container, item: Item): void {
    const lsn = this.catalog.advance(container);
    const { partition, id } = item;
    this.#erase(container, item);
    this.#keep(container, { before: item, partition, id, lsn });
    this.#tell(container, { lsn, operation: 'delete', partition, id, body: null, previous: item.lsn, expired: 0 });
  }

  /** Removes some of a partition's items. @returns whether there may be more. */
  removeSome(container: Container, partition: string): boolean {
    const items = this.statement(`SELECT ${columns} FROM items WHERE container = ? AND partition = ? LIMIT ?`).all(
      container.n,
      partition,
      sweptAtOnce,
    ) as unknown as Item[];
    for (const item of items) this.remove(container, item);
    return items.length === sweptAtOnce;
  }

  /** Images of what changed since a moment, newest last. */
  imagesSince(container: Container, moment: number): PastImage[] {
    return this.#images.since(container.n, moment);
  }

  /**
   * Removes some of what has expired, and of what lay in deleted containers; the service does so in the background too.
   * @returns whether there may be more.
   */
  sweep(): boolean {
    const gone = this.statement(`SELECT container, ${columns} FROM items WHERE expires <= ? LIMIT ?`).all(
      this.#now(),
      sweptAtOnce,
    ) as unknown as (Item & { container: number })[];
    for (const item of gone) this.#expire(this.catalog.numbered(item.container), item);
    const more = this.catalog
      .containers()
      .filter((container) => container.keepsVersions !== undefined)
      .some((container) => this.versions.removeOld(container, this.#now(), sweptAtOnce));
    const dropped = this.statement('SELECT container FROM dropped LIMIT 1').get();
    if (dropped === undefined) return more || gone.length === sweptAtOnce;
    const n = Number(dropped['container']);
    if (this.#index.clear(n, sweptAtOnce * 10)) return true;
    const rows = this.statement(`SELECT ${columns} FROM items WHERE container = ? LIMIT ?`).all(
      n,
      sweptAtOnce,
    ) as unknown as Item[];
    for (const item of rows) this.#erase(undefined, item);
    if (rows.length < sweptAtOnce) this.statement('DELETE FROM dropped WHERE container = ?').run(n);
    return true;
  }

  close(): void {
    this.db.close();
  }

  #stored(container: Container, partition: string, id: string): Item | undefined {
    return this.statement(`SELECT ${columns} FROM items WHERE container = ? AND partition = ? AND id = ?`).get(
      container.n,
      partition,
      id,
    ) as unknown as Item | undefined;
  }

  /** @param container undefined: it is gone, and its part of the index with it. */
  #erase(container: Container | undefined, { row, body }: Item): void {
    if (container !== undefined) this.#index.replace(container, row, JSON.parse(body), undefined);
    this.statement('DELETE FROM unique_keys WHERE item = ?').run(row);
    this.statement('DELETE FROM items WHERE row = ?').run(row);
  }

  /** Removes what its time to live has ended. */
  #expire(container: Container | undefined, item: Item): void {
    this.#erase(container, item);
    if (container?.keepsVersions === undefined) return;
    const { partition, id } = item;
    const lsn = this.catalog.advance(container);
    this.#tell(container, { lsn, operation: 'delete', partition, id, body: null, previous: item.lsn, expired: 1 });
  }

  #tell(container: Container, version: Omit<Version, 'at'>): void {
    if (container.keepsVersions !== undefined) this.versions.add(container, { ...version, at: this.#now() });
  }

  #claimUniqueKeys(container: Container, partition: string, row: number, document: JsonObject): void {
    if (container.uniqueKeys.length === 0) return;
    this.statement('DELETE FROM unique_keys WHERE item = ?').run(row);
    for (const [index, paths] of container.uniqueKeys.entries()) {
      const key = `${index}:${uniqueKeyOf(document, paths)}`;
      const holder = this.statement(
        'SELECT item FROM unique_keys WHERE container = ? AND partition = ? AND key = ?',
      ).get(container.n, partition, key);
      if (holder !== undefined) this.#releaseUniqueKey(container, Number(holder['item']));
      this.statement('INSERT INTO unique_keys VALUES (?, ?, ?, ?)').run(container.n, partition, key, row);
    }
  }

  /** @throws CosmosError 409, unless what holds the key has expired. */
  #releaseUniqueKey(container: Container, row: number): void {
    const holder = this.statement(`SELECT ${columns} FROM items WHERE row = ?`).get(row) as unknown as Item | undefined;
    if (holder === undefined) return;
    if (this.alive(holder)) throw new CosmosError(409, 'Unique index constraint violation.');
    this.#expire(container, holder);
  }

  #keep(container: Container, image: Omit<PastImage, 'changedAt'>): void {
    this.#images.keep(container.n, { ...image, changedAt: this.#now() });
  }

  #save(): void {
    this.catalog.save();
    if (this.#lastRow === this.#savedRow) return;
    this.#savedRow = this.#lastRow;
    this.statement("INSERT OR REPLACE INTO counters (name, value) VALUES ('items', ?)").run(this.#lastRow);
  }

  #loadLastRow(): void {
    const row = this.statement(
      "SELECT MAX(COALESCE((SELECT value FROM counters WHERE name = 'items'), 0), COALESCE((SELECT MAX(row) FROM items), 0)) AS last",
    ).get();
    this.#lastRow = Number(row?.['last'] ?? 0);
    this.#savedRow = this.#lastRow;
  }
}
