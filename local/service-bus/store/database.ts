import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { GroupCommit, openDatabase, prepareOnce } from '../../sqlite.ts';

const version = 2;

const schema = `
CREATE TABLE IF NOT EXISTS entities (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL,
  properties TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, sequences INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS declarations (path TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rules (entity INTEGER NOT NULL REFERENCES entities ON DELETE CASCADE, name TEXT NOT NULL COLLATE NOCASE,
  definition TEXT NOT NULL, PRIMARY KEY (entity, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, entity INTEGER NOT NULL REFERENCES entities ON DELETE CASCADE,
  state INTEGER NOT NULL, sequence INTEGER NOT NULL, enqueued_sequence INTEGER NOT NULL, session TEXT, delivery_count INTEGER NOT NULL,
  enqueued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, due_at INTEGER NOT NULL, source TEXT, bytes BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS messages_in_order ON messages (entity, state, sequence);
CREATE INDEX IF NOT EXISTS messages_by_session ON messages (entity, state, session, sequence) WHERE session IS NOT NULL;
CREATE INDEX IF NOT EXISTS messages_by_expiry ON messages (expires_at) WHERE expires_at > 0 AND state = 0;
CREATE INDEX IF NOT EXISTS messages_by_due_time ON messages (due_at) WHERE state = 2;
CREATE TABLE IF NOT EXISTS sessions (entity INTEGER NOT NULL REFERENCES entities ON DELETE CASCADE, id TEXT NOT NULL,
  state BLOB NOT NULL, updated INTEGER NOT NULL, PRIMARY KEY (entity, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS duplicates (entity INTEGER NOT NULL REFERENCES entities ON DELETE CASCADE, message_id TEXT NOT NULL,
  at INTEGER NOT NULL, PRIMARY KEY (entity, message_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS duplicates_by_age ON duplicates (entity, at);
`;

/** A namespace's SQLite file. Changes run inside {@link Database.change}: many share one transaction and one fsync. */
export class Database {
  readonly #db: DatabaseSync;
  readonly #commit: GroupCommit;
  readonly #statement: (sql: string) => StatementSync;

  /** @throws Error when the file was written by an earlier version, with what to do. */
  constructor(file: string) {
    this.#db = openDatabase(file, 'SELECT 1');
    this.#statement = prepareOnce(this.#db);
    const written = Number(this.#db.prepare('PRAGMA user_version').get()?.['user_version']);
    const tables = Number(this.#db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']);
    if (written !== version && tables > 0)
      throw new Error(
        `${file} was written by another version of this server. Let its queues run empty with that version and delete the file, or start anew with "npm run reset".`,
      );
    this.#db.exec(`${schema} PRAGMA user_version = ${version};`);
    this.#commit = new GroupCommit(this.#db);
  }

  /** Runs `work` in the next shared transaction, alone undone when it throws; resolves when its changes are durable. */
  change<T>(work: () => T): Promise<T> {
    return this.#commit.run(work);
  }

  /** @returns the id of the row that was inserted, and how many rows changed */
  run(sql: string, ...values: SQLInputValue[]): { id: number; changes: number } {
    const { lastInsertRowid, changes } = this.#statement(sql).run(...values);
    return { id: Number(lastInsertRowid), changes: Number(changes) };
  }

  one<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  close(): void {
    this.#db.close();
  }
}
