import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BulkOperationType, type Container, CosmosClient } from '@azure/cosmos';
import { spawnServer } from '../../spawn.ts';

const key = Buffer.from('a test key of the local server').toString('base64');
const kills = 10;
const acknowledgedBeforeKill = 40;
const workers = 12;

test('ten kills under load: every acknowledged item, change and batch is there, and none is half done', async () => {
  const state = mkdtempSync(join(tmpdir(), 'cosmos-kill-'));
  const versions = new Map<string, number>();
  const batches = new Set<number>();
  let next = 0;
  let port = 0;
  for (let kill = 0; kill <= kills; kill++) {
    const server = await spawnServer('cosmos', { port, state, key });
    port = server.port;
    const client = new CosmosClient({ endpoint: server.endpoint, key, consistencyLevel: 'Session' });
    const { database } = await client.databases.createIfNotExists({ id: 'd' });
    const { container } = await database.containers.createIfNotExists({ id: 'c', partitionKey: { paths: ['/p'] } });
    await verify(container, versions, batches, next);
    if (kill === kills) {
      client.dispose();
      await server.stop();
      break;
    }
    await new Promise<void>((killed) => {
      let acknowledged = 0;
      let dead = false;
      const work = async (): Promise<void> => {
        while (!dead) {
          const n = next++;
          await change(container, n, versions, batches);
          if (++acknowledged === acknowledgedBeforeKill && !dead) {
            dead = true;
            await server.kill();
            killed();
          }
        }
      };
      // What was under way when the server died was not acknowledged, whatever became of it.
      for (let worker = 0; worker < workers; worker++) void work().catch(() => undefined);
    });
    client.dispose();
  }
  rmSync(state, { recursive: true, force: true });
});

/** A batch of two items, or an item written and written again; noted only when the server has said yes. */
async function change(container: Container, n: number, versions: Map<string, number>, batches: Set<number>) {
  if (n % 3 === 0) {
    const create = (id: string) => ({ operationType: BulkOperationType.Create, resourceBody: { id, p: `b${n}` } });
    const { code } = await container.items.batch([create('first'), create('second')], `b${n}`);
    if (code === 200) batches.add(n);
    return;
  }
  const id = `i${n}`;
  await container.items.create({ id, p: 'items', version: 1 });
  versions.set(id, 1);
  await container.item(id, 'items').replace({ id, p: 'items', version: 2 });
  versions.set(id, 2);
}

async function verify(container: Container, versions: Map<string, number>, batches: Set<number>, tried: number) {
  const { resources: items } = await container.items
    .query<{ id: string; version: number }>("SELECT c.id, c.version FROM c WHERE c.p = 'items'")
    .fetchAll();
  const found = new Map(items.map(({ id, version }) => [id, version]));
  assert.equal(found.size, items.length, 'no item is there twice');
  for (const [id, version] of versions) assert.ok((found.get(id) ?? 0) >= version, `${id} was acknowledged`);
  const { resources: halves } = await container.items
    .query<{ p: string; id: string }>("SELECT c.p, c.id FROM c WHERE c.p != 'items'")
    .fetchAll();
  const counts = new Map<string, number>();
  for (const { p } of halves) counts.set(p, (counts.get(p) ?? 0) + 1);
  for (const [p, count] of counts) assert.equal(count, 2, `batch ${p} is whole`);
  for (const n of batches) assert.ok(counts.has(`b${n}`), `batch ${n} was acknowledged`);
  assert.ok(found.size + counts.size <= tried);
}
