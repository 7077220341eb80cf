import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Container } from './container.ts';
import type { JsonObject } from './json.ts';
import { Store } from './store.ts';

let now = Date.parse('2026-11-26T00:00:00Z');
let folder: string;
let store: Store;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'cosmos-versions-'));
  store = new Store(join(folder, 'cosmos.db'), { now: () => now, keepImages: 0 });
});
after(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const keeping = { changeFeedPolicy: { retentionDuration: 10 } };
async function container(id: string, more: JsonObject): Promise<Container> {
  return store.change(() => {
    const database = store.catalog.databases().find((one) => one.id === 'd') ?? store.catalog.createDatabase('d', 1);
    return store.catalog.createContainer(database, { id, partitionKey: { paths: ['/p'] }, ...more }, 1);
  });
}
const write = (to: Container, id: string) => store.change(() => store.write(to, '["x"]', { id, p: 'x' }, undefined));
const kept = (of: Container): string[] => store.versions.after(of, 0, 100, {}).versions.map(({ id }) => id);

test('changes are kept as long as the policy says, and it is known up to where they were removed', async () => {
  const of = await container('kept', keeping);
  await write(of, 'old');
  now += 9 * 60_000;
  const { lsn } = await write(of, 'young');
  await store.change(() => store.sweep());
  assert.deepEqual(kept(of), ['old', 'young']);
  now += 60_000;
  await store.change(() => store.sweep());
  assert.deepEqual(kept(of), ['young']);
  assert.equal(store.versions.removedUpTo(of), lsn - 1);
});

test('a container without the policy keeps nothing; given one, it keeps from then on', async () => {
  const plain = await container('plain', {});
  await write(plain, 'before');
  assert.deepEqual(kept(plain), []);
  const given = await store.change(() => store.replaceContainer(plain, { ...plain.definition, ...keeping }));
  await write(given, 'after');
  assert.deepEqual(kept(given), ['after']);
  assert.equal(store.versions.removedUpTo(given), 1);
  const taken = await store.change(() => store.replaceContainer(given, plain.definition));
  assert.deepEqual(kept(taken), []);
});

test('nothing of a deleted container is left', async () => {
  const of = await container('deleted', keeping);
  await write(of, 'a');
  await store.change(() => store.deleteContainer(of));
  assert.deepEqual(kept(of), []);
});
