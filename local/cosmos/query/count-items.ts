import type { Expression, Query } from '../sql/ast.ts';
import type { Scope } from './scope.ts';

/** Whether a query asks for nothing but how many items there are: `SELECT VALUE COUNT(1) FROM c`. */
export function countsItems({ sources, where, groupBy, select, orderBy }: Query): boolean {
  const [source, ...joins] = sources;
  if (source === undefined || joins.length > 0 || where !== undefined || groupBy.length > 0 || orderBy.length > 0)
    return false;
  if (source.each || 'query' in source.of || source.of.path.kind !== 'name' || select.kind === 'star') return false;
  const values = select.kind === 'value' ? [select.value] : select.columns.map(({ value }) => value);
  return values.every(isCountOfAll);
}

function isCountOfAll(value: Expression): boolean {
  if (value.kind !== 'call' || value.name !== 'COUNT') return false;
  const [counted, ...more] = value.parameters;
  return counted?.kind === 'literal' && counted.value !== undefined && more.length === 0;
}

/** How many items of the scope have not expired, without reading any of them. */
export function countItems({ store, container, partition }: Scope, now: number): number {
  const [where, values] = partition === undefined ? ['', []] : ['AND partition = ?', [partition]];
  const count = (condition: string, ...more: number[]): number =>
    Number(
      store
        .statement(`SELECT COUNT(*) AS n FROM items WHERE container = ? ${where} ${condition}`)
        .get(container.n, ...values, ...more)?.['n'],
    );
  return count('') - (container.defaultTtl === undefined ? 0 : count('AND expires <= ?', now));
}
