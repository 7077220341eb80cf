import { columns, type Item } from '../item.ts';
import type { Driver, Position } from './driver.ts';
import type { Scope } from './scope.ts';

/** Known items by their row numbers, all under one key. */
export function rowList(
  { store, container }: Scope,
  rows: readonly number[],
  { key = Buffer.alloc(0), reverse = false }: { key?: Uint8Array; reverse?: boolean } = {},
): Driver {
  const ordered = rows.toSorted((a, b) => (reverse ? b - a : a - b));
  const read = store.statement(`SELECT ${columns} FROM items WHERE row = ? AND container = ?`);
  const reached = (row: number, start: Position | undefined): boolean =>
    start === undefined || (reverse ? row <= start.row : row >= start.row);
  return {
    reverse,
    *from(start) {
      for (const row of ordered) {
        if (!reached(row, start)) continue;
        const item = read.get(row, container.n) as unknown as Item | undefined;
        if (item !== undefined) yield { key, row, item };
      }
    },
    place: () => key,
  };
}
