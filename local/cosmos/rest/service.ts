import type { Store } from '../store.ts';

/** What the routes work with. */
export interface Service {
  readonly store: Store;
  readonly key: Buffer;
  readonly now: () => number;
  /** Milliseconds that reads without a covering session token may lag; 0: never. */
  readonly staleReads: number;
  readonly endpoint: () => string;
}
