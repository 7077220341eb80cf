import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { GroupCommit, openDatabase } from '../sqlite.ts';

const schema = `
CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, path TEXT NOT NULL, sequence INTEGER NOT NULL, session TEXT,
  delivery_count INTEGER NOT NULL, enqueued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, source TEXT, bytes BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (path TEXT NOT NULL, id TEXT NOT NULL, state BLOB, PRIMARY KEY (path, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS duplicates (path TEXT NOT NULL, message_id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (path, message_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS duplicates_by_age ON duplicates (at);
CREATE TABLE IF NOT EXISTS sequences (path TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
`;

/** A message without its bytes: those stay on disk until somebody receives it. */
export interface StoredMessage {
  readonly id: number;
  readonly sequence: number;
  readonly session: string | null;
  deliveryCount: number;
  readonly enqueuedAt: number;
  readonly expiresAt: number;
  readonly source: string | null;
}

/** Messages, session states and duplicate windows in one SQLite file. Call changes inside {@link Store.change}. */
export class Store {
  readonly #db: DatabaseSync;
  readonly #commit: GroupCommit;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string) {
    this.#db = openDatabase(file, schema);
    this.#commit = new GroupCommit(this.#db);
  }

  change<T>(work: () => T): Promise<T> {
    return this.#commit.run(work);
  }

  #statement(sql: string): StatementSync {
    let found = this.#statements.get(sql);
    if (found === undefined) {
      found = this.#db.prepare(sql);
      this.#statements.set(sql, found);
    }
    return found;
  }

  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).lastInsertRowid);
  }

  /** What lies in an entity, in order. */
  messagesOf(path: string): StoredMessage[] {
    const sql =
      'SELECT id, sequence, session, delivery_count AS deliveryCount, enqueued_at AS enqueuedAt, expires_at AS expiresAt, source FROM messages WHERE path = ? ORDER BY sequence';
    return (this.#statement(sql).all(path) as unknown as StoredMessage[]).map((row) => ({ ...row }));
  }

  bytesOf(id: number): Buffer {
    const row = this.#statement('SELECT bytes FROM messages WHERE id = ?').get(id) as { bytes: Uint8Array } | undefined;
    if (row === undefined) throw new Error(`Message ${id} is gone from the store.`);
    return Buffer.from(row.bytes);
  }

  insert(path: string, message: Omit<StoredMessage, 'id'>, bytes: Buffer): number {
    this.#run(
      'INSERT INTO sequences VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET last = max(last, excluded.last)',
      path,
      message.sequence,
    );
    return this.#run(
      'INSERT INTO messages (path, sequence, session, delivery_count, enqueued_at, expires_at, source, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      path,
      message.sequence,
      message.session,
      message.deliveryCount,
      message.enqueuedAt,
      message.expiresAt,
      message.source,
      bytes,
    );
  }

  remove(id: number): void {
    this.#run('DELETE FROM messages WHERE id = ?', id);
  }

  countDelivery(id: number, deliveryCount: number, bytes?: Buffer): void {
    if (bytes === undefined) this.#run('UPDATE messages SET delivery_count = ? WHERE id = ?', deliveryCount, id);
    else this.#run('UPDATE messages SET delivery_count = ?, bytes = ? WHERE id = ?', deliveryCount, bytes, id);
  }

  lastSequence(path: string): number {
    const row = this.#statement('SELECT last FROM sequences WHERE path = ?').get(path) as { last: number } | undefined;
    return row?.last ?? 0;
  }

  /** Whether the id was seen within the window; if not, it is remembered. */
  isDuplicate(path: string, messageId: string, now: number, window: number): boolean {
    const row = this.#statement('SELECT at FROM duplicates WHERE path = ? AND message_id = ?').get(path, messageId) as
      | { at: number }
      | undefined;
    if (row !== undefined && row.at > now - window) return true;
    this.#run('INSERT OR REPLACE INTO duplicates VALUES (?, ?, ?)', path, messageId, now);
    return false;
  }

  forgetDuplicates(path: string, before: number): void {
    this.#run('DELETE FROM duplicates WHERE path = ? AND at < ?', path, before);
  }

  sessionState(path: string, id: string): Buffer | undefined {
    const row = this.#statement('SELECT state FROM sessions WHERE path = ? AND id = ?').get(path, id) as
      | { state: Uint8Array | null }
      | undefined;
    return row?.state ? Buffer.from(row.state) : undefined;
  }

  setSessionState(path: string, id: string, state: Uint8Array | undefined): void {
    this.#run('INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)', path, id, state ?? null);
  }

  close(): void {
    this.#db.close();
  }
}
