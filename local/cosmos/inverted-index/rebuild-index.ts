import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Container } from '../container.ts';
import { type InvertedIndex, indexVersion } from './inverted-index.ts';

/**
 * Indexes every item anew when the store was written by a version with another form of index. All or nothing: a start
 * that is killed meanwhile begins again.
 */
export function rebuildIndex(
  db: DatabaseSync,
  prepare: (sql: string) => StatementSync,
  index: InvertedIndex,
  containers: Iterable<Container>,
): void {
  const version = prepare("SELECT value FROM counters WHERE name = 'index'").get();
  if (Number(version?.['value']) === indexVersion) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    db.exec('DROP TABLE IF EXISTS terms; DELETE FROM index_terms');
    for (const container of containers) {
      const items = prepare('SELECT row, body FROM items WHERE container = ?').iterate(container.n);
      for (const { row, body } of items) index.replace(container, Number(row), undefined, JSON.parse(String(body)));
    }
    prepare("INSERT OR REPLACE INTO counters (name, value) VALUES ('index', ?)").run(indexVersion);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}
