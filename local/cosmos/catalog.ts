import type { StatementSync } from 'node:sqlite';
import { type Container, openContainer } from './container.ts';
import { CosmosError, notFound } from './errors.ts';
import type { JsonObject } from './json.ts';
import { containerRid, databaseRid } from './resource-id.ts';

export interface Database {
  /** Number within the server, part of resource ids. */
  readonly n: number;
  readonly id: string;
  readonly ts: number;
  readonly rid: string;
}

type Prepare = (sql: string) => StatementSync;

const exists = (): CosmosError => new CosmosError(409, 'Resource with specified id already exists.');

/**
 * Databases and containers, by name and by resource id, and how far each container's changes have come (lsn). Held in
 * memory beside the tables; changes belong inside a transaction, {@link load} follows one that failed.
 */
export class Catalog {
  readonly #prepare: Prepare;
  readonly #databases = new Map<string, Database>();
  readonly #containers = new Map<string, Map<string, Container>>();
  readonly #lsn = new Map<number, number>();
  readonly #advanced = new Set<number>();

  constructor(prepare: Prepare) {
    this.#prepare = prepare;
    this.load();
  }

  /** Takes over what the tables say. */
  load(): void {
    this.#databases.clear();
    this.#containers.clear();
    this.#lsn.clear();
    this.#advanced.clear();
    for (const row of this.#prepare('SELECT n, id, ts FROM databases').all()) {
      const n = Number(row['n']);
      this.#rememberDatabase({ n, id: String(row['id']), ts: Number(row['ts']), rid: databaseRid(n) });
    }
    for (const row of this.#prepare('SELECT n, database, id, ts, definition, lsn FROM containers').all()) {
      this.#rememberContainer(
        this.#open(Number(row['n']), String(row['database']), JSON.parse(String(row['definition'])), Number(row['ts'])),
      );
      this.#lsn.set(Number(row['n']), Number(row['lsn']));
    }
  }

  databases(): Database[] {
    return [...this.#databases.values()];
  }

  /** By name, else by resource id. @throws CosmosError 404. */
  database(idOrRid: string): Database {
    const found =
      this.#databases.get(idOrRid) ?? this.#databases.values().find((candidate) => candidate.rid === idOrRid);
    if (found === undefined) throw notFound();
    return found;
  }

  createDatabase(id: string, ts: number): Database {
    if (this.#databases.has(id)) throw exists();
    const n = this.#next('databases');
    this.#prepare('INSERT INTO databases (n, id, ts) VALUES (?, ?, ?)').run(n, id, ts);
    const database = { n, id, ts, rid: databaseRid(n) };
    this.#rememberDatabase(database);
    return database;
  }

  /** Its containers are deleted before it. */
  deleteDatabase({ id }: Database): void {
    this.#prepare('DELETE FROM databases WHERE id = ?').run(id);
    this.#databases.delete(id);
    this.#containers.delete(id);
  }

  /** @param database its name. */
  containersOf(database: string): Container[] {
    return [...(this.#containers.get(database)?.values() ?? [])];
  }

  /** By names, else by resource ids. */
  findContainer(database: string, container: string): Container | undefined {
    const direct = this.#containers.get(database)?.get(container);
    if (direct !== undefined) return direct;
    const owner = this.#databases.values().find(({ id, rid }) => id === database || rid === database);
    if (owner === undefined) return undefined;
    return this.containersOf(owner.id).find(({ id, rid }) => id === container || rid === container);
  }

  /** Those of every database. */
  containers(): Container[] {
    return [...this.#containers.values()].flatMap((containers) => [...containers.values()]);
  }

  /** By its number; undefined when it is gone. */
  numbered(n: number): Container | undefined {
    return this.containers().find((container) => container.n === n);
  }

  createContainer({ id: database }: Database, definition: JsonObject, ts: number): Container {
    const id = String(definition['id']);
    if (this.#containers.get(database)?.has(id)) throw exists();
    const n = this.#next('containers');
    const container = this.#open(n, database, definition, ts);
    this.#prepare('INSERT INTO containers (n, database, id, ts, definition) VALUES (?, ?, ?, ?, ?)').run(
      n,
      database,
      id,
      ts,
      JSON.stringify(definition),
    );
    this.#rememberContainer(container);
    return container;
  }

  replaceContainer({ n, database }: Container, definition: JsonObject, ts: number): Container {
    const next = this.#open(n, database, definition, ts);
    this.#prepare('UPDATE containers SET definition = ?, ts = ? WHERE n = ?').run(JSON.stringify(definition), ts, n);
    this.#rememberContainer(next);
    return next;
  }

  /** Its items are no longer reachable; `dropped` tells the sweeper to remove them. */
  deleteContainer({ n, database, id }: Container): void {
    this.#prepare('INSERT INTO dropped (container) VALUES (?)').run(n);
    this.#prepare('DELETE FROM containers WHERE n = ?').run(n);
    this.#containers.get(database)?.delete(id);
    this.#advanced.delete(n);
  }

  /** The number of a container's latest change. */
  lsn({ n }: Container): number {
    return this.#lsn.get(n) ?? 0;
  }

  /** The number of the next change; written down by {@link save}. */
  advance(container: Container): number {
    const next = this.lsn(container) + 1;
    this.#lsn.set(container.n, next);
    this.#advanced.add(container.n);
    return next;
  }

  /** Writes the lsn of every container that changed; once a commit, not once a change. */
  save(): void {
    for (const n of this.#advanced)
      this.#prepare('UPDATE containers SET lsn = ? WHERE n = ?').run(this.#lsn.get(n) ?? 0, n);
    this.#advanced.clear();
  }

  /** The next number of a kind, never given before, also not to something that is gone since. */
  #next(kind: 'databases' | 'containers'): number {
    const row = this.#prepare(
      `SELECT MAX(COALESCE((SELECT value FROM counters WHERE name = '${kind}'), 0), COALESCE((SELECT MAX(n) FROM ${kind}), 0)) AS last`,
    ).get();
    const next = Number(row?.['last'] ?? 0) + 1;
    this.#prepare('INSERT OR REPLACE INTO counters (name, value) VALUES (?, ?)').run(kind, next);
    return next;
  }

  #open(n: number, database: string, definition: JsonObject, ts: number): Container {
    const { n: databaseNumber } = this.database(database);
    const rid = containerRid(databaseNumber, n);
    return openContainer({ n, database, databaseNumber, id: String(definition['id']), definition, ts, rid });
  }

  #rememberDatabase(database: Database): void {
    this.#databases.set(database.id, database);
    if (!this.#containers.has(database.id)) this.#containers.set(database.id, new Map());
  }

  #rememberContainer(container: Container): void {
    this.#containers.get(container.database)?.set(container.id, container);
  }
}
