import { pathNumber } from '../inverted-index/inverted-index.ts';
import type { Item } from '../item.ts';
import type { Json } from '../json.ts';
import type { Candidate, Driver, Position } from './driver.ts';
import { contains, type KeyRange } from './key-range.ts';
import { itemColumns, type Scope } from './scope.ts';

interface Entry extends Item {
  readonly key: Uint8Array;
}

/**
 * Goes through one path of the index, from key to key.
 * @param path of the index: a path of documents or the name of a composite index.
 * @param ranges in order and apart. @param keysOf the keys a document has under the path.
 */
export function termScan(
  scope: Scope,
  { path, ranges, reverse }: { path: string; ranges: readonly KeyRange[]; reverse: boolean },
  keysOf: (document: Json) => Uint8Array[],
): Driver {
  const ordered = reverse ? ranges.toReversed() : ranges;
  const passed = ({ from, to }: KeyRange, { key }: Position): boolean =>
    reverse ? Buffer.compare(from, key) > 0 : Buffer.compare(to, key) <= 0;
  return {
    reverse,
    *from(start) {
      for (const range of ordered) {
        if (start !== undefined && passed(range, start)) continue;
        const inside = start !== undefined && contains(range, start.key);
        yield* entries(scope, path, range, inside ? start : undefined, reverse);
      }
    },
    place(_, document) {
      const keys = keysOf(document).filter((key) => ranges.some((range) => contains(range, key)));
      return keys.sort(Buffer.compare).at(reverse ? -1 : 0);
    },
  };
}

function* entries(
  { store, container, partition }: Scope,
  path: string,
  { from, to }: KeyRange,
  start: Position | undefined,
  reverse: boolean,
): Generator<Candidate> {
  const [border, limit] = reverse
    ? ['(t.key, t.item) <= (?, ?)', 't.key >= ?']
    : ['(t.key, t.item) >= (?, ?)', 't.key < ?'];
  const direction = reverse ? 'DESC' : 'ASC';
  const statement = store.statement(
    `SELECT t.key, ${itemColumns} FROM index_terms t CROSS JOIN items ON items.row = t.item
      WHERE t.container = ? AND t.path = ? AND ${border} AND ${limit} ${partition === undefined ? '' : 'AND items.partition = ?'}
      ORDER BY t.key ${direction}, t.item ${direction}`,
  );
  // Row numbers are positive: row -1 stands before every item of a key.
  const [key, row] = start === undefined ? [reverse ? to : from, -1] : [start.key, start.row];
  const values = [container.n, pathNumber(path), key, row, reverse ? from : to];
  const found = statement.iterate(...values, ...(partition === undefined ? [] : [partition]));
  for (const entry of found as Iterable<unknown> as Iterable<Entry>) {
    const { key: at, ...item } = entry;
    yield { key: at, row: item.row, item };
  }
}
