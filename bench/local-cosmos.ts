import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Container, CosmosClient } from '@azure/cosmos';
import { Store } from '../local/cosmos/store.ts';
import { spawnServer } from '../local/spawn.ts';
import { compare, type LocalFigure } from './measure.ts';

const key = Buffer.from('the key of a benchmark').toString('base64');
const partitions = 1000;
const stored = Number(process.env['BENCH_ITEMS'] ?? 100_000);
const seconds = Number(process.env['BENCH_SECONDS'] ?? 6);
const definition = {
  id: 'items',
  partitionKey: { paths: ['/partition'], kind: 'Hash' },
  indexingPolicy: {
    indexingMode: 'consistent',
    includedPaths: [{ path: '/search/*' }, { path: '/tok/[]/?' }, { path: '/type/?' }, { path: '/lastUpdated/?' }],
    excludedPaths: [{ path: '/*' }],
  },
};

/** Point reads and durable creates beside the floor, and an indexed query, over 100,000 items. */
export async function benchLocalCosmos(): Promise<readonly LocalFigure[]> {
  const state = mkdtempSync(join(tmpdir(), 'bench-cosmos-'));
  await fill(state);
  const server = await spawnServer('cosmos', { port: 0, state, key });
  const floor = await startFloor();
  const clients = [server.endpoint, floor.endpoint].map(
    (endpoint) => new CosmosClient({ endpoint, key, consistencyLevel: 'Session' }),
  );
  try {
    const [real, constant] = clients.map((client) => client.database('bench').container('items'));
    if (real === undefined || constant === undefined) throw new Error('There are no clients.');
    return await figures(real, constant);
  } finally {
    for (const client of clients) client.dispose();
    await floor.stop();
    await server.stop();
    rmSync(state, { recursive: true, force: true });
  }
}

async function figures(real: Container, constant: Container): Promise<LocalFigure[]> {
  const read = (container: Container) => (index: number) => {
    const n = (index * 7919) % stored;
    return container.item(`o${n}`, `p${n % partitions}`).read();
  };
  let made = stored;
  const create = (container: Container) => () => container.items.create(observation(made++));
  const ask = (index: number) =>
    real.items
      .query({
        query: 'SELECT * FROM c WHERE ARRAY_CONTAINS(c.tok, @t)',
        parameters: [{ name: '@t', value: `subject|p${(index * 31) % (stored / 10)}` }],
      })
      .fetchAll();
  const result: LocalFigure[] = [];
  for (const concurrency of [1, 16, 64]) {
    const settings = { concurrency, seconds, rounds: 4 };
    const reads = await compare({ floor: read(constant), real: read(real) }, settings);
    result.push({ operation: 'cosmos: point read', ...reads.real, floor: reads.floor.perSecond });
    const creates = await compare({ floor: create(constant), real: create(real) }, settings);
    result.push({ operation: 'cosmos: create', ...creates.real, floor: creates.floor.perSecond });
    const queries = await compare({ real: ask }, { ...settings, seconds: seconds / 2, rounds: 1 });
    result.push({ operation: `cosmos: indexed query of ${stored}`, ...queries.real });
  }
  return result;
}

/** A document of some 1.2 kB in the shape of a FHIR Observation with its search values beside it. */
function observation(n: number): Record<string, unknown> & { id: string } {
  const text = (length: number): string => 'x'.repeat(length);
  return {
    id: `o${n}`,
    partition: `p${n % partitions}`,
    type: 'Observation',
    lastUpdated: new Date(1_700_000_000_000 + n * 1000).toISOString(),
    resource: {
      code: { text: text(300) },
      note: [{ text: text(260) }],
      valueQuantity: { value: n % 200, unit: 'bpm' },
    },
    search: ['code', 'status', 'subject', 'date', 'category'].map((p) => ({
      p,
      s: 'http://loinc.org',
      v: `${p}-${n % 97}`,
    })),
    tok: [`code|${n % 97}`, `status|final`, `subject|p${n % (stored / 10)}`, `category|${n % 7}`],
  };
}

/** Fills the store before the server opens it: loading is not what is measured. */
async function fill(state: string): Promise<void> {
  const store = new Store(join(state, 'cosmos.db'), { now: Date.now, keepImages: 0 });
  const container = await store.change(() =>
    store.catalog.createContainer(store.catalog.createDatabase('bench', 0), definition, 0),
  );
  for (let n = 0; n < stored; n += 1000) {
    await store.change(() => {
      for (let one = n; one < Math.min(n + 1000, stored); one++) {
        const document = JSON.parse(JSON.stringify(observation(one)));
        store.write(container, JSON.stringify([document.partition]), document, undefined);
      }
    });
  }
  store.close();
}

async function startFloor(): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const script = fileURLToPath(new URL('./cosmos-floor.ts', import.meta.url));
  const item = JSON.stringify({ ...observation(1), _etag: '"floor"', _rid: 'AAAAAYAAAAEBAAAAAAAAAA==', _ts: 1 });
  const child = spawn(process.execPath, [script, item], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [port] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    endpoint: `http://localhost:${port}/`,
    async stop() {
      child.kill();
      await exited;
    },
  };
}
