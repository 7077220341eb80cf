import type { Container } from './container.ts';
import type { Item } from './item.ts';
import type { PastImage } from './past-images.ts';
import type { Store } from './store.ts';

/** Which state a read sees: the primary's, or that of a replica which lags behind. */
export interface View {
  read(partition: string, id: string): Item | undefined;
  /** Whether this state has another form of a stored item, or none. */
  hides(item: Item): boolean;
  /** What this state has instead of the items it hides. */
  readonly past: readonly Item[];
  /** The lsn that this state has reached. */
  readonly lsn: number;
}

/** The present state. */
export const primaryView = (store: Store, container: Container): View => ({
  read: (partition, id) => store.read(container, partition, id),
  hides: () => false,
  past: [],
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
    hides: ({ partition, id }) => first.has(`${partition}\0${id}`),
    past: [...first.values()].flatMap(({ before }) => before ?? []),
  };
}
