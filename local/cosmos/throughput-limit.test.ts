import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Container } from './container.ts';
import { checkedDefinition } from './container-definition.ts';
import { CosmosError } from './errors.ts';
import { Store } from './store.ts';
import { ThroughputLimit } from './throughput-limit.ts';

let state: string;
let store: Store;
let now = 1_000_000;
before(() => {
  state = mkdtempSync(join(tmpdir(), 'cosmos-throughput-'));
  store = new Store(join(state, 'cosmos.db'), { now: () => now, keepImages: 0 });
});
after(() => {
  store.close();
  rmSync(state, { recursive: true, force: true });
});

/** A container in a database of its own; throughput for each of the two, if any. */
const container = (name: string, own: number | undefined, shared?: number): Promise<Container> =>
  store.change(() => {
    const database = store.catalog.createDatabase(name, 0);
    const definition = checkedDefinition({ id: 'c', partitionKey: { paths: ['/p'] } });
    const made = store.catalog.createContainer(database, definition, 0);
    if (own !== undefined) store.offers.set(made.rid, { manual: own });
    if (shared !== undefined) store.offers.set(database.rid, { manual: shared });
    return made;
  });

test('a request may overdraw what is left, and the next one is told how long to wait', async () => {
  const limit = new ThroughputLimit(store, () => now);
  const one = await container('overdrawn', 400);
  limit.admit(one);
  limit.spend(one, 600);
  assert.throws(
    () => limit.admit(one),
    (error) =>
      error instanceof CosmosError && error.status === 429 && error.substatus === 3200 && error.retryAfter === 500,
  );
  now += 500;
  assert.throws(() => limit.admit(one));
  now += 1;
  limit.admit(one);
});

test('what is not used is not saved up beyond a second', async () => {
  const limit = new ThroughputLimit(store, () => now);
  const one = await container('saving', 400);
  limit.admit(one);
  now += 3_600_000;
  limit.spend(one, 400);
  assert.throws(() => limit.admit(one));
});

test("a container without throughput of its own uses its database's, and one without any is not limited", async () => {
  const limit = new ThroughputLimit(store, () => now);
  const shared = await container('shared', undefined, 400);
  limit.spend(shared, 500);
  assert.throws(() => limit.admit(shared));
  const free = await container('free', undefined);
  limit.spend(free, 1_000_000);
  limit.admit(free);
});
