import type { Container } from './container.ts';
import { CosmosError } from './errors.ts';
import { unitsASecond } from './offers.ts';
import { databaseRid } from './resource-id.ts';
import type { Store } from './store.ts';

interface Balance {
  units: number;
  since: number;
}

/**
 * What is left of each container's throughput: a second's units at most, refilled as time passes. A request is let in
 * while anything is left and may overdraw it, since what it costs is known only afterwards; who comes next waits.
 */
export class ThroughputLimit {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #balances = new Map<string, Balance>();

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** @throws CosmosError 429 with sub-status 3200 and the time to wait. */
  admit(container: Container): void {
    const found = this.#balanceOf(container);
    if (found === undefined || found.balance.units > 0) return;
    const wait = Math.max(1, Math.ceil((-found.balance.units / found.rate) * 1000));
    throw new CosmosError(
      429,
      'The request rate is large. More Request Units may be needed, so no changes were made. Please retry this request later.',
      3200,
      wait,
    );
  }

  spend(container: Container, units: number): void {
    const found = this.#balanceOf(container);
    if (found !== undefined) found.balance.units -= units;
  }

  /** The container's own balance, or that of its database's shared throughput; undefined when it has neither. */
  #balanceOf(container: Container): { balance: Balance; rate: number } | undefined {
    const owner = databaseRid(container.databaseNumber);
    const resource = [container.rid, owner].find((rid) => this.#store.offers.get(rid) !== undefined);
    const throughput = resource === undefined ? undefined : this.#store.offers.get(resource);
    if (resource === undefined || throughput === undefined) return undefined;
    const rate = unitsASecond(throughput);
    const now = this.#now();
    const balance = this.#balances.get(resource) ?? { units: rate, since: now };
    balance.units = Math.min(rate, balance.units + ((now - balance.since) / 1000) * rate);
    balance.since = now;
    this.#balances.set(resource, balance);
    return { balance, rate };
  }
}
