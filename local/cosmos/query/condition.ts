import { everyElement } from '../inverted-index/document-path.ts';
import { intersection, type KeyRange } from './key-range.ts';

/** What the index can tell of an item: that some value under a path lies in one of the ranges. */
export type Condition =
  | { readonly kind: 'term'; readonly path: string; readonly ranges: readonly KeyRange[] }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] };

/** Of no item. */
export const never: Condition = { kind: 'or', of: [] };

/** All of them; conditions on one path without `[]` join into one, as an item has one value there. */
export function all(conditions: readonly Condition[]): Condition | undefined {
  const joined: Condition[] = [];
  for (const condition of conditions.flatMap((each) => (each.kind === 'and' ? each.of : [each]))) {
    const at = joined.findIndex(
      (each) =>
        each.kind === 'term' &&
        condition.kind === 'term' &&
        each.path === condition.path &&
        !each.path.includes(`/${everyElement}`),
    );
    const same = joined[at];
    if (same?.kind === 'term' && condition.kind === 'term')
      joined[at] = { ...same, ranges: intersection(same.ranges, condition.ranges) };
    else joined.push(condition);
  }
  return joined.length > 1 ? { kind: 'and', of: joined } : joined[0];
}

/** One of them, if the index knows of each. */
export function any(conditions: readonly (Condition | undefined)[]): Condition | undefined {
  const known = conditions.filter((condition) => condition !== undefined);
  return known.length === conditions.length ? { kind: 'or', of: known } : undefined;
}
