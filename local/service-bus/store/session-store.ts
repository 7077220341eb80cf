import type { Database } from './database.ts';

/** States of sessions. Call what changes them inside `Database.change`. */
export class SessionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  state(entity: number, id: string): Buffer | undefined {
    const row = this.#db.one<{ state: Uint8Array }>(
      'SELECT state FROM sessions WHERE entity = ? AND id = ?',
      entity,
      id,
    );
    return row === undefined ? undefined : Buffer.from(row.state);
  }

  /** @param state undefined: the session's state is cleared */
  setState(entity: number, id: string, state: Uint8Array | undefined, now: number): void {
    if (state === undefined) this.#db.run('DELETE FROM sessions WHERE entity = ? AND id = ?', entity, id);
    else this.#db.run('INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?)', entity, id, state, now);
  }

  /**
   * Ids of sessions in order of their names: those whose state was set after a time, or, without it, those with
   * messages or a state.
   */
  list(entity: number, updatedAfter: number | undefined, skip: number, top: number): string[] {
    const rows =
      updatedAfter === undefined
        ? this.#db.all<{ id: string }>(
            'SELECT id FROM (SELECT DISTINCT session AS id FROM messages WHERE entity = ? AND session IS NOT NULL UNION SELECT id FROM sessions WHERE entity = ?) ORDER BY id LIMIT ? OFFSET ?',
            entity,
            entity,
            top,
            skip,
          )
        : this.#db.all<{ id: string }>(
            'SELECT id FROM sessions WHERE entity = ? AND updated > ? ORDER BY id LIMIT ? OFFSET ?',
            entity,
            updatedAfter,
            top,
            skip,
          );
    return rows.map(({ id }) => id);
  }
}
