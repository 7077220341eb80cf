import type { Database } from './database.ts';

/** Message ids that entities with duplicate detection have seen. Call inside `Database.change`. */
export class DuplicateStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Whether the id was seen within the window (ms); if not, it is remembered. */
  seen(entity: number, messageId: string, now: number, window: number): boolean {
    const row = this.#db.one<{ at: number }>(
      'SELECT at FROM duplicates WHERE entity = ? AND message_id = ?',
      entity,
      messageId,
    );
    if (row !== undefined && row.at > now - window) return true;
    this.#db.run('INSERT OR REPLACE INTO duplicates VALUES (?, ?, ?)', entity, messageId, now);
    return false;
  }

  /** Drops a bounded number of ids that were seen before a time. */
  forget(entity: number, before: number): void {
    this.#db.run(
      'DELETE FROM duplicates WHERE entity = ?1 AND message_id IN (SELECT message_id FROM duplicates WHERE entity = ?1 AND at < ?2 LIMIT 10000)',
      entity,
      before,
    );
  }
}
