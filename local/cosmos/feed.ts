import type { Container } from './container.ts';
import { columns, type Item } from './item.ts';
import type { Store } from './store.ts';

/** A page of the service holds at most 4 MB. */
const maximumPage = 4 * 1024 * 1024;

export interface FeedPage {
  readonly items: readonly Item[];
  /** After which lsn the next page begins. */
  readonly next: number;
}

/**
 * Latest versions after `lsn`, oldest change first, up to `limit` items and 4 MB.
 * @param partition only this partition key. @param accepts only items that it accepts (a range of hashes).
 */
export function changesAfter(
  store: Store,
  container: Container,
  lsn: number,
  limit: number,
  only: { partition?: string | undefined; accepts?: ((item: Item) => boolean) | undefined } = {},
): FeedPage {
  // `+lsn` keeps SQLite from walking every change of the container for the few of one partition.
  const rows =
    only.partition === undefined
      ? store
          .statement(`SELECT ${columns} FROM items WHERE container = ? AND lsn > ? ORDER BY lsn`)
          .iterate(container.n, lsn)
      : store
          .statement(`SELECT ${columns} FROM items WHERE container = ? AND partition = ? AND +lsn > ? ORDER BY +lsn`)
          .iterate(container.n, only.partition, lsn);
  const items: Item[] = [];
  let next = lsn;
  let bytes = 0;
  for (const row of rows as Iterable<unknown> as Iterable<Item>) {
    bytes += row.body.length;
    if (items.length >= limit || (items.length > 0 && bytes > maximumPage)) break;
    next = row.lsn;
    if (store.alive(row) && (only.accepts === undefined || only.accepts(row))) items.push(row);
  }
  return { items, next };
}

/** The lsn that the container had at a moment (seconds): what was written later is what the feed tells from there. */
export function lsnAt(store: Store, container: Container, seconds: number): number {
  const found = store
    .statement('SELECT MIN(lsn) AS first FROM items WHERE container = ? AND ts >= ?')
    .get(container.n, seconds);
  const first = found?.['first'];
  return typeof first === 'number' ? first - 1 : store.lsn(container);
}
