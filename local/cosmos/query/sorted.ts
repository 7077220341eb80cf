import { columns, type Item } from '../item.ts';
import { comparePositions, type Driver, type Position } from './driver.ts';
import type { Order } from './order.ts';
import { inScope, type Scope } from './scope.ts';

/** The candidates of another driver in the order of ORDER BY. Holds their keys in memory, so they must be few. */
export function sorted(scope: Scope, { reverse, keyOf }: Order, candidates: Driver): Driver {
  const { store, container } = scope;
  const read = store.statement(`SELECT ${columns} FROM items WHERE row = ? AND container = ?`);
  return {
    reverse,
    *from(start) {
      const positions: Position[] = [];
      for (const { item, row } of candidates.from(undefined)) {
        if (!inScope(scope, item)) continue;
        const position = { key: keyOf(JSON.parse(item.body)), row };
        if (start === undefined || comparePositions(position, start, reverse) >= 0) positions.push(position);
      }
      positions.sort((a, b) => comparePositions(a, b, reverse));
      for (const position of positions) {
        const item = read.get(position.row, container.n) as unknown as Item | undefined;
        if (item !== undefined) yield { ...position, item };
      }
    },
    place: (_, document) => keyOf(document),
  };
}
