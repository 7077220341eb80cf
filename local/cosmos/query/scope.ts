import type { Container } from '../container.ts';
import { columns, type Item } from '../item.ts';
import type { Store } from '../store.ts';

/** Which of a container's items a query may see at all. */
export interface Scope {
  readonly store: Store;
  readonly container: Container;
  /** Partition key as a JSON array; undefined: all. */
  readonly partition: string | undefined;
  /** The first components of a hierarchical key, likewise. */
  readonly prefix: string | undefined;
  /** Further limits, such as a range of hashes. */
  readonly accepts: ((item: Item) => boolean) | undefined;
}

/** Whether an item lies in the scope and has not expired. */
export const inScope = ({ store, partition, prefix, accepts }: Scope, item: Item): boolean =>
  (partition === undefined || item.partition === partition) &&
  (prefix === undefined || item.partition.startsWith(`${prefix.slice(0, -1)},`)) &&
  (accepts === undefined || accepts(item)) &&
  store.alive(item);

/** {@link columns} of the table `items`, in joins. */
export const itemColumns = columns
  .split(', ')
  .map((column) => `items.${column}`)
  .join(', ');

/** Whether a scope is the whole container, as far as keys are concerned. */
export const isWholeContainer = ({ partition, prefix }: Scope): boolean =>
  partition === undefined && prefix === undefined;

/** Partition keys are JSON arrays: those that begin with a prefix continue after a comma, all begin with a bracket. */
export const partitionRange = ({ prefix }: Scope): { readonly from: string; readonly to: string } =>
  prefix === undefined ? { from: '', to: '\\' } : { from: `${prefix.slice(0, -1)},`, to: `${prefix.slice(0, -1)}-` };

/** How many items the partition, or the partitions with the prefix, have, counted up to `limit`. */
export function partitionSize(scope: Scope, limit: number): number {
  const { store, container, partition } = scope;
  const { from, to } = partitionRange(scope);
  const [where, values] =
    partition === undefined ? ['partition >= ? AND partition < ?', [from, to]] : ['partition = ?', [partition]];
  const sql = `SELECT COUNT(*) AS n FROM (SELECT 1 FROM items WHERE container = ? AND ${where} LIMIT ?)`;
  return Number(store.statement(sql).get(container.n, ...values, limit)?.['n']);
}

/** How many items a container has, counted up to `limit`. */
export const containerSize = ({ store, container }: Scope, limit: number): number =>
  Number(
    store
      .statement('SELECT COUNT(*) AS n FROM (SELECT 1 FROM items WHERE container = ? LIMIT ?)')
      .get(container.n, limit)?.['n'],
  );
