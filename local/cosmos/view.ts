import type { Container } from './container.ts';
import type { Item } from './item.ts';
import type { PastImage } from './past-images.ts';
import type { Store } from './store.ts';

/** Which state a read sees: the primary's, or that of a replica which lags behind. */
export interface View {
  read(partition: string, id: string): Item | undefined;
  /** Replaces candidates by what they were in this state, and adds what has left since. */
  overlay(
    candidates: Iterable<Item>,
    scope: { partition: string | undefined; prefix: string | undefined },
  ): Iterable<Item>;
  /** The lsn that this state has reached. */
  readonly lsn: number;
}

/** The present state. */
export const primaryView = (store: Store, container: Container): View => ({
  read: (partition, id) => store.read(container, partition, id),
  overlay: (candidates) => candidates,
  lsn: store.lsn(container),
});

/**
 * A replica that is up to `lag` ms behind: every change younger than that has not arrived. A client that brings a
 * session token sees at least what the token covers.
 */
export function laggingView(store: Store, container: Container, lag: number, now: number, covered: number): View {
  const missing = store.imagesSince(container, now - lag).filter(({ lsn }) => lsn > covered);
  if (missing.length === 0) return primaryView(store, container);
  // The first image of an item since the moment is what the replica still shows.
  const first = new Map<string, PastImage>();
  for (const image of missing) {
    const key = `${image.partition}\0${image.id}`;
    if (!first.has(key)) first.set(key, image);
  }
  return {
    lsn: (missing[0]?.lsn ?? 1) - 1,
    read(partition, id) {
      const image = first.get(`${partition}\0${id}`);
      return image === undefined ? store.read(container, partition, id) : image.before;
    },
    *overlay(candidates, { partition, prefix }) {
      for (const item of candidates) if (!first.has(`${item.partition}\0${item.id}`)) yield item;
      for (const { before } of first.values()) {
        if (before === undefined) continue;
        if (partition !== undefined && before.partition !== partition) continue;
        if (prefix !== undefined && !before.partition.startsWith(`${prefix.slice(0, -1)},`)) continue;
        yield before;
      }
    },
  };
}
