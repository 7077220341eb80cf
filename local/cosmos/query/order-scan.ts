import { valuesUnder } from '../inverted-index/document-path.ts';
import { pathNumber } from '../inverted-index/inverted-index.ts';
import { orderKey, typeByte } from '../inverted-index/order-key.ts';
import type { Condition } from './condition.ts';
import type { Driver, Position } from './driver.ts';
import { everyKey, type KeyRange } from './key-range.ts';
import type { Order } from './order.ts';
import { rowList } from './row-list.ts';
import { containerSize, type Scope } from './scope.ts';
import { termScan } from './term-scan.ts';

/** Goes through the items in the order of ORDER BY, as the index has them. */
export function orderScan(scope: Scope, order: Order, condition: Condition | undefined): Driver {
  const { path, reverse, composite, keyOf } = order;
  // A composite index has a key of every item.
  if (composite) return termScan(scope, { path, reverse, ranges: [everyKey] }, (document) => [keyOf(document)]);
  const ranges = rangesOn(path, condition);
  const defined = termScan(scope, { path, reverse, ranges: ranges ?? [everyKey] }, (document) =>
    valuesUnder(document, path).map(orderKey),
  );
  return ranges === undefined ? withUndefined(scope, order, defined) : defined;
}

/** What the query demands of the path itself; then nothing is undefined there. */
function rangesOn(path: string, condition: Condition | undefined): readonly KeyRange[] | undefined {
  const conditions = condition?.kind === 'and' ? condition.of : condition === undefined ? [] : [condition];
  const found = conditions.find((each) => each.kind === 'term' && each.path === path);
  return found?.kind === 'term' ? found.ranges : undefined;
}

const undefinedKey = Buffer.of(typeByte.undefined);

/** Items without a value there come first, or last where the order is reversed. */
function withUndefined(scope: Scope, { path, reverse, keyOf }: Order, defined: Driver): Driver {
  const without = (): Driver => rowList(scope, rowsWithout(scope, path), { key: undefinedKey, reverse });
  const isUndefined = ({ key }: Position): boolean => Buffer.compare(key, undefinedKey) === 0;
  return {
    reverse,
    *from(start) {
      if (reverse) {
        if (start === undefined || !isUndefined(start)) yield* defined.from(start);
        yield* without().from(start !== undefined && isUndefined(start) ? start : undefined);
      } else {
        if (start === undefined || isUndefined(start)) yield* without().from(start);
        yield* defined.from(start !== undefined && isUndefined(start) ? undefined : start);
      }
    },
    place: (_, document) => keyOf(document),
  };
}

/** Of a store: paths under which every item of a container had a value when its changes had come so far (lsn). */
const complete = new WeakMap<Scope['store'], Map<string, number>>();

/** Items that the index has nothing of under a path. Mostly there are none, which two counts tell. */
function rowsWithout(scope: Scope, path: string): number[] {
  const { store, container } = scope;
  const known = complete.get(store) ?? new Map<string, number>();
  complete.set(store, known);
  const name = `${container.n}${path}`;
  const lsn = store.lsn(container);
  if (known.get(name) === lsn) return [];
  const number = pathNumber(path);
  const indexed = store
    .statement('SELECT COUNT(*) AS n FROM index_terms WHERE container = ? AND path = ?')
    .get(container.n, number);
  if (Number(indexed?.['n']) === containerSize(scope, Number.MAX_SAFE_INTEGER)) {
    known.set(name, lsn);
    return [];
  }
  return store
    .statement(
      'SELECT row FROM items WHERE container = ? EXCEPT SELECT item FROM index_terms WHERE container = ? AND path = ?',
    )
    .all(container.n, container.n, number)
    .map(({ row }) => Number(row));
}
