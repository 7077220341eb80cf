import { pathNumber } from '../inverted-index/inverted-index.ts';
import type { Condition } from './condition.ts';
import type { Scope } from './scope.ts';

type Term = Extract<Condition, { kind: 'term' }>;

/**
 * How many items fulfil a condition at most, as the index tells it: terms are counted, each up to `limit`, the least of
 * AND and the sum of OR is taken.
 */
export function countAtMost(scope: Scope, condition: Condition, limit: number): number {
  if (condition.kind === 'term') return countTerm(scope, condition, limit);
  if (condition.kind === 'or') {
    let sum = 0;
    for (const each of condition.of) if (sum <= limit) sum += countAtMost(scope, each, limit);
    return sum;
  }
  return condition.of.reduce((least, each) => Math.min(least, countAtMost(scope, each, least)), limit + 1);
}

/**
 * Rows of the items that fulfil a condition, united for OR, intersected for AND as far as the parts have no more than
 * `limit` items. To be asked only when {@link countAtMost} stays within the limit.
 */
export function indexRows(scope: Scope, condition: Condition, limit: number): Set<number> {
  if (condition.kind === 'term') return rowsOfTerm(scope, condition);
  if (condition.kind === 'or') return new Set(condition.of.flatMap((each) => [...indexRows(scope, each, limit)]));
  const few = condition.of.filter((each) => countAtMost(scope, each, limit) <= limit);
  const [first = new Set<number>(), ...others] = few.map((each) => indexRows(scope, each, limit));
  return new Set([...first].filter((row) => others.every((rows) => rows.has(row))));
}

function countTerm({ store, container }: Scope, { path, ranges }: Term, limit: number): number {
  const statement = store.statement(
    `SELECT COUNT(*) AS n FROM
      (SELECT 1 FROM index_terms WHERE container = ? AND path = ? AND key >= ? AND key < ? LIMIT ?)`,
  );
  let sum = 0;
  for (const { from, to } of ranges) {
    sum += Number(statement.get(container.n, pathNumber(path), from, to, limit + 1 - sum)?.['n']);
    if (sum > limit) break;
  }
  return sum;
}

function rowsOfTerm({ store, container }: Scope, { path, ranges }: Term): Set<number> {
  const statement = store.statement(
    'SELECT item FROM index_terms WHERE container = ? AND path = ? AND key >= ? AND key < ?',
  );
  const rows = new Set<number>();
  for (const { from, to } of ranges)
    for (const { item } of statement.iterate(container.n, pathNumber(path), from, to)) rows.add(Number(item));
  return rows;
}
