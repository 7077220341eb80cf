import type { Item } from '../item.ts';
import type { Json } from '../json.ts';

/** Where a candidate stands: by key, and among equals by row number. */
export interface Position {
  readonly key: Uint8Array;
  readonly row: number;
}

export interface Candidate extends Position {
  readonly item: Item;
}

/**
 * A way through a container's items that comes by every item which may have a result. It holds no state: a page, or a
 * slice of one, goes on from a position whatever was written meanwhile.
 */
export interface Driver {
  /** Whether it goes from the greatest position to the least. */
  readonly reverse: boolean;
  /** Candidates in order, from `start` (itself included) on. */
  from(start: Position | undefined): Iterable<Candidate>;
  /**
   * The key under which an item stands: where a candidate has another one, it comes again, or came before (an item with
   * several values in the ranges); undefined: it is no candidate.
   */
  place(item: Item, document: Json): Uint8Array | undefined;
}

/** As {@link Driver} goes: negative when `a` comes before `b`. */
export function comparePositions(a: Position, b: Position, reverse: boolean): number {
  const order = Buffer.compare(a.key, b.key) || a.row - b.row;
  return reverse ? -order : order;
}
