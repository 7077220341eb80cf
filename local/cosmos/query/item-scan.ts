import type { Item } from '../item.ts';
import type { Candidate, Driver } from './driver.ts';
import { itemColumns, partitionRange, type Scope } from './scope.ts';

/** Separates partition and id in a key; neither can hold it, as both would write it as an escape or refuse it. */
const separator = '\0';

/** Every item of the scope, by partition and id. */
export function itemScan(scope: Scope): Driver {
  const { store, container } = scope;
  const range = partitionRange(scope);
  return {
    reverse: false,
    *from(start) {
      const [partition = '', id = ''] = Buffer.from(start?.key ?? [])
        .toString()
        .split(separator);
      yield* candidates(
        scope.partition !== undefined
          ? store
              .statement(
                `SELECT ${itemColumns} FROM items WHERE container = ? AND partition = ? AND id >= ? ORDER BY id`,
              )
              .iterate(container.n, scope.partition, id)
          : store
              .statement(
                `SELECT ${itemColumns} FROM items WHERE container = ? AND (partition, id) >= (?, ?) AND partition < ?
                  ORDER BY partition, id`,
              )
              .iterate(container.n, start === undefined ? range.from : partition, id, range.to),
      );
    },
    place: keyOf,
  };
}

function* candidates(rows: Iterable<unknown>): Generator<Candidate> {
  for (const item of rows as Iterable<Item>) yield { key: keyOf(item), row: item.row, item };
}

const keyOf = ({ partition, id }: Item): Buffer => Buffer.from(`${partition}${separator}${id}`);
