import { pathNumber } from '../inverted-index/inverted-index.ts';
import type { Condition } from './condition.ts';
import type { Scope } from './scope.ts';

/** How far a search in the index looks before it gives up: few at first, as few are usual. */
const steps = [500, 10_000];

/**
 * Rows of the items that fulfil a condition, as the index tells it, intersected and united where there are several.
 * @returns undefined when there are more than ten thousand.
 */
export function indexRows(scope: Scope, condition: Condition): Set<number> | undefined {
  for (const limit of steps) {
    const rows = rowsOf(scope, condition, limit);
    if (rows !== undefined) return rows;
  }
  return undefined;
}

function rowsOf(scope: Scope, condition: Condition, limit: number): Set<number> | undefined {
  if (condition.kind === 'term') return rowsOfTerm(scope, condition, limit);
  const parts = condition.of.map((each) => rowsOf(scope, each, limit));
  const known = parts.filter((rows) => rows !== undefined);
  if (condition.kind === 'and') {
    // What one of them leaves is enough; the others cut it down where they are as selective.
    const [first, ...others] = known;
    return first && new Set([...first].filter((row) => others.every((rows) => rows.has(row))));
  }
  const rows = new Set(known.flatMap((each) => [...each]));
  return known.length < parts.length || rows.size > limit ? undefined : rows;
}

function rowsOfTerm(
  { store, container }: Scope,
  { path, ranges }: Extract<Condition, { kind: 'term' }>,
  limit: number,
): Set<number> | undefined {
  const statement = store.statement(
    'SELECT item FROM index_terms WHERE container = ? AND path = ? AND key >= ? AND key < ? LIMIT ?',
  );
  const rows = new Set<number>();
  for (const { from, to } of ranges) {
    const found = statement.all(container.n, pathNumber(path), from, to, limit + 1);
    for (const { item } of found) rows.add(Number(item));
    if (found.length > limit || rows.size > limit) return undefined;
  }
  return rows;
}
