import type { Authority } from '../auth/authorize.ts';
import type { Store } from '../store.ts';
import type { ThroughputLimit } from '../throughput-limit.ts';

/** What the routes work with. */
export interface Service {
  readonly store: Store;
  readonly authority: Authority;
  readonly now: () => number;
  /** Milliseconds that reads without a covering session token may lag; 0: never. */
  readonly staleReads: number;
  /** Milliseconds after which a stored procedure is ended. */
  readonly longestScript: number;
  /** Undefined: throughput is stored and shown, but nothing is refused. */
  readonly limit: ThroughputLimit | undefined;
}
