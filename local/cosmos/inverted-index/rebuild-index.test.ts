import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { runQuery } from '../query/run-query.ts';
import { Store } from '../store.ts';
import { primaryView } from '../view.ts';

const options = { now: () => 1_000_000, keepImages: 0 };
const terms = (db: DatabaseSync): unknown[] => db.prepare('SELECT * FROM index_terms').all();

async function names(store: Store): Promise<string[]> {
  const container = store.catalog.findContainer('d', 'c');
  assert.ok(container !== undefined);
  const request = {
    sql: 'SELECT VALUE c.name FROM c WHERE c.name > "a" ORDER BY c.name',
    parameters: new Map(),
    partition: undefined,
    prefix: undefined,
    pageSize: 10,
    continuation: undefined,
    now: 0,
  };
  const { results } = await runQuery(store, container, request, primaryView(store, container));
  return results.map((text) => JSON.parse(text));
}

test('a store that an earlier version wrote is indexed anew when it is opened', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cosmos-rebuild-'));
  const file = join(folder, 'cosmos.db');
  const first = new Store(file, options);
  await first.change(() => {
    const database = first.catalog.createDatabase('d', 1);
    const container = first.catalog.createContainer(database, { id: 'c', partitionKey: { paths: ['/p'] } }, 1);
    for (const name of ['b', 'c', 'd']) first.write(container, '["x"]', { id: name, p: 'x', name }, undefined);
  });
  const written = terms(first.db);
  first.close();
  // What the earlier version left: a table of terms of another form, and nothing of this one.
  const old = new DatabaseSync(file);
  old.exec(`DROP TABLE index_terms; DELETE FROM counters WHERE name = 'index';
    CREATE TABLE terms (container INTEGER NOT NULL, path TEXT NOT NULL, value NOT NULL, item INTEGER NOT NULL,
      PRIMARY KEY (container, path, value, item)) WITHOUT ROWID;
    INSERT INTO terms VALUES (1, '/name', 'b', 1)`);
  old.close();
  const second = new Store(file, options);
  assert.deepEqual(await names(second), ['b', 'c', 'd']);
  assert.deepEqual(terms(second.db), written);
  assert.equal(second.db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'terms'").get(), undefined);
  second.close();
  rmSync(folder, { recursive: true, force: true });
});

test('changes and removals leave nothing behind in the index', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cosmos-terms-'));
  const store = new Store(join(folder, 'cosmos.db'), options);
  const container = await store.change(() =>
    store.catalog.createContainer(
      store.catalog.createDatabase('d', 1),
      { id: 'c', partitionKey: { paths: ['/p'] }, uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/name'] }] } },
      1,
    ),
  );
  const write = (document: { id: string; name: string; list?: string[] }) =>
    store.change(() =>
      store.write(container, '["x"]', { p: 'x', ...document }, store.read(container, '["x"]', document.id)),
    );
  await write({ id: '1', name: 'b', list: ['q', 'r', 'q'] });
  const before = terms(store.db);
  await write({ id: '1', name: 'c', list: ['r', 's'] });
  await assert.rejects(write({ id: '2', name: 'c' }), /Unique index/);
  await write({ id: '1', name: 'b', list: ['q', 'r'] });
  assert.deepEqual(terms(store.db), before);
  await store.change(() => {
    const item = store.read(container, '["x"]', '1');
    if (item !== undefined) store.remove(container, item);
  });
  assert.deepEqual(terms(store.db), []);
  store.close();
  rmSync(folder, { recursive: true, force: true });
});
