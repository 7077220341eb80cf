import type { StatementSync } from 'node:sqlite';
import type { Container } from './container.ts';
import type { FeedScope } from './feed-scope.ts';
import { prefixRange } from './partition-key.ts';

/** One change of an item, as the feed of all versions and deletes tells it. */
export interface Version {
  readonly lsn: number;
  readonly operation: 'create' | 'replace' | 'delete';
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly partition: string;
  readonly id: string;
  /** The whole document; null: it was deleted. */
  readonly body: string | null;
  /** The lsn of what it was before. */
  readonly previous: number | null;
  /** Whether its time to live took it. */
  readonly expired: 0 | 1;
}

const columns = 'lsn, operation, at, partition, id, body, previous, expired';
/** A page of the service holds at most 4 MB. */
const maximumPage = 4 * 1024 * 1024;
const minute = 60_000;

/** Every change of the containers whose `changeFeedPolicy` keeps them, for as long as it says. Changes belong inside a transaction. */
export class Versions {
  readonly #prepare: (sql: string) => StatementSync;

  constructor(prepare: (sql: string) => StatementSync) {
    this.#prepare = prepare;
  }

  add({ n }: Container, { lsn, operation, at, partition, id, body, previous, expired }: Version): void {
    this.#prepare(`INSERT INTO versions (container, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`).run(
      ...[n, lsn, operation, at, partition, id, body, previous, expired],
    );
  }

  /** Changes after `lsn`, oldest first, up to `limit` and 4 MB. */
  after(
    { n }: Container,
    lsn: number,
    limit: number,
    { partition, prefix, accepts }: FeedScope,
  ): { readonly versions: readonly Version[]; readonly next: number } {
    const range =
      partition !== undefined ? [partition, `${partition}\0`] : prefix !== undefined ? prefixRange(prefix) : [];
    const within = range.length === 0 ? '' : 'AND partition >= ? AND partition < ?';
    const rows = this.#prepare(
      `SELECT ${columns} FROM versions WHERE container = ? AND lsn > ? ${within} ORDER BY lsn`,
    ).iterate(n, lsn, ...range) as Iterable<unknown> as Iterable<Version>;
    const versions: Version[] = [];
    let next = lsn;
    let bytes = 0;
    for (const row of rows) {
      bytes += row.body?.length ?? 0;
      if (versions.length >= limit || (versions.length > 0 && bytes > maximumPage)) break;
      next = row.lsn;
      if (accepts?.(row.partition) ?? true) versions.push(row);
    }
    return { versions, next };
  }

  /** The newest lsn whose change is no longer kept; 0: none was removed. */
  removedUpTo({ n }: Container): number {
    return Number(this.#prepare('SELECT lsn FROM versions_removed WHERE container = ?').get(n)?.['lsn'] ?? 0);
  }

  /** Removes some of what has been kept long enough. @returns whether there may be more */
  removeOld(container: Container, now: number, limit: number): boolean {
    const { n, keepsVersions = 0 } = container;
    const old = this.#prepare('SELECT lsn FROM versions WHERE container = ? AND at <= ? ORDER BY lsn LIMIT ?').all(
      n,
      now - keepsVersions * minute,
      limit,
    );
    const last = old.at(-1)?.['lsn'];
    if (last === undefined) return false;
    this.#prepare('DELETE FROM versions WHERE container = ? AND lsn <= ?').run(n, Number(last));
    this.#prepare('INSERT OR REPLACE INTO versions_removed VALUES (?, ?)').run(n, Number(last));
    return old.length === limit;
  }

  /** Keeps what changes from `lsn` on; what changed before is not there. */
  begin({ n }: Container, lsn: number): void {
    this.#prepare('INSERT OR REPLACE INTO versions_removed VALUES (?, ?)').run(n, lsn);
  }

  forget({ n }: Container): void {
    this.#prepare('DELETE FROM versions WHERE container = ?').run(n);
    this.#prepare('DELETE FROM versions_removed WHERE container = ?').run(n);
  }
}
