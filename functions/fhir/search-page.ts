import { compareKeys, inOrder, type SearchQuery, type SortKeys } from '../../shared/fhir/index.ts';
import type { Match } from '../../shared/records/index.ts';

/** Where a page lies: after or before the match with these keys; without an edge it is the first. */
export interface Edge {
  readonly keys: SortKeys;
  readonly direction: 'after' | 'before';
}

export interface Page {
  readonly matches: readonly Match[];
  /** Undefined: nothing follows. */
  readonly next?: Edge;
  readonly previous?: Edge;
}

/**
 * A page of matches. It begins at keys, not at a number, so that a match which is no longer shown moves no other from
 * one page to the next.
 */
export function pageOf(query: Pick<SearchQuery, 'sort' | 'count'>, found: readonly Match[], edge?: Edge): Page {
  const ordered = inOrder(query, found);
  const start = edge === undefined ? 0 : startOf(query, ordered, edge);
  // Backwards the first page may be shorter of room than of matches: it then holds what comes first.
  const from = Math.max(0, start);
  const to = edge?.direction === 'before' && start < 0 ? start + query.count : from + query.count;
  const shown = ordered.slice(from, Math.max(from, to));
  const [first, last] = [shown[0], shown.at(-1)];
  return {
    matches: shown.map(({ match }) => match),
    ...(last !== undefined && to < ordered.length ? { next: { keys: last.keys, direction: 'after' as const } } : {}),
    ...(first !== undefined && from > 0 ? { previous: { keys: first.keys, direction: 'before' as const } } : {}),
  };
}

/** Negative: a page backwards would begin before the first match. */
function startOf(
  query: Pick<SearchQuery, 'sort' | 'count'>,
  ordered: readonly { readonly keys: SortKeys }[],
  { keys, direction }: Edge,
): number {
  const passed = ordered.findIndex((one) => compareKeys(query, one.keys, keys) >= (direction === 'after' ? 1 : 0));
  const position = passed === -1 ? ordered.length : passed;
  return direction === 'after' ? position : position - query.count;
}
