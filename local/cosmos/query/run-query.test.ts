import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Container } from '../container.ts';
import { valuesUnder } from '../inverted-index/document-path.ts';
import { compositeKey, orderKey } from '../inverted-index/order-key.ts';
import { canonical, type Json, type JsonObject } from '../json.ts';
import { Store } from '../store.ts';
import { laggingView, primaryView, type View } from '../view.ts';
import { everyKey } from './key-range.ts';
import { queryDocuments } from './query-documents.ts';
import { pick, type Random, randomDocument, seededRandom } from './random-documents.ts';
import { type Predicate, randomPredicate } from './random-predicates.ts';
import { runQuery } from './run-query.ts';
import { termScan } from './term-scan.ts';
import { visible } from './visible.ts';

const composites = [
  [
    { path: '/n', order: 'ascending' },
    { path: '/s', order: 'descending' },
  ],
];
const policies: Record<string, JsonObject> = {
  everything: { includedPaths: [{ path: '/*' }], excludedPaths: [], compositeIndexes: composites },
  chosen: {
    includedPaths: ['/n/?', '/s/?', '/a/?', '/tags/[]/?', '/items/[]/p/?'].map((path) => ({ path })),
    excludedPaths: [{ path: '/*' }],
    compositeIndexes: composites,
  },
};
interface OrderBy {
  readonly sql: string;
  readonly paths: readonly (readonly [path: string, descending: boolean])[];
}
const orders: readonly [OrderBy, ...OrderBy[]] = [
  { sql: '', paths: [] },
  { sql: 'ORDER BY c.n', paths: [['/n', false]] },
  { sql: 'ORDER BY c.s DESC', paths: [['/s', true]] },
  { sql: 'ORDER BY c.a ASC', paths: [['/a', false]] },
  { sql: 'ORDER BY c.a DESC', paths: [['/a', true]] },
  {
    sql: 'ORDER BY c.n, c.s DESC',
    paths: [
      ['/n', false],
      ['/s', true],
    ],
  },
  {
    sql: 'ORDER BY c.n DESC, c.s',
    paths: [
      ['/n', true],
      ['/s', false],
    ],
  },
];
const documents = 400;
const seed = 20_261_125;

let folder: string;
let store: Store;
let now = 1_000_000;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cosmos-query-'));
  store = new Store(join(folder, 'cosmos.db'), { now: () => now, keepImages: 3_600_000 });
  await store.change(() => store.catalog.createDatabase('d', 1));
});
after(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const write = (container: Container, document: JsonObject): void => {
  const partition = JSON.stringify([document['partition'] ?? null]);
  store.write(container, partition, document, store.read(container, partition, String(document['id'])));
};

/** A container of random documents, and what lies in it. */
async function filled(name: string, random: Random): Promise<{ container: Container; held: Map<string, JsonObject> }> {
  const held = new Map<string, JsonObject>();
  const container = await store.change(() => {
    const made = store.catalog.createContainer(
      store.catalog.database('d'),
      { id: `${name}${random(1e9)}`, partitionKey: { paths: ['/partition'] }, indexingPolicy: policies[name] ?? {} },
      1,
    );
    for (let i = 0; i < documents; i++) {
      const document = randomDocument(random, `i${i}`);
      held.set(`i${i}`, document);
      write(made, document);
    }
    return made;
  });
  return { container, held };
}

interface Asked {
  readonly sql: string;
  readonly pageSize: number;
  readonly partition?: string | undefined;
  readonly prefix?: string;
  readonly between?: () => Promise<void>;
}

/** Every page of a query, one after the other. */
async function all(container: Container, asked: Asked, view?: View): Promise<JsonObject[]> {
  const found: JsonObject[] = [];
  let continuation: string | undefined;
  do {
    const page = await runQuery(
      store,
      container,
      {
        sql: asked.sql,
        parameters: new Map(),
        partition: asked.partition,
        prefix: asked.prefix,
        pageSize: asked.pageSize,
        continuation,
        now,
      },
      view ?? primaryView(store, container),
    );
    assert.ok(page.results.length <= asked.pageSize);
    for (const text of page.results) found.push(JSON.parse(text));
    continuation = page.continuation;
    if (continuation !== undefined) await asked.between?.();
  } while (continuation !== undefined);
  return found;
}

const idsOf = (list: Iterable<JsonObject>): string[] => [...list].map(({ id }) => String(id));
const valueAt = (document: JsonObject, path: string): Json | undefined => document[path.slice(1)];

function expected(held: Iterable<JsonObject>, predicate: Predicate, partition: string | undefined): string[] {
  const matching = [...held].filter((document) => predicate.holds(document) === true);
  return idsOf(
    matching.filter(
      (document) => partition === undefined || partition === JSON.stringify([document['partition'] ?? null]),
    ),
  ).sort();
}

function assertOrdered(found: JsonObject[], paths: OrderBy['paths'], sql: string): void {
  const keys = found.map((document) =>
    compositeKey(paths.map(([path, descending]) => ({ value: valueAt(document, path), descending }))),
  );
  for (const [i, key] of keys.entries()) {
    const next = keys[i + 1];
    if (next !== undefined) assert.ok(Buffer.compare(key, next) <= 0, `${sql}: result ${i + 1} stands before ${i}`);
  }
}

const question = (random: Random): { asked: Asked; predicate: Predicate; order: OrderBy } => {
  const predicate = randomPredicate(random);
  const order = pick(random, orders);
  return {
    predicate,
    order,
    asked: {
      sql: `SELECT * FROM c WHERE ${predicate.sql} ${order.sql}`,
      pageSize: pick(random, [1000, 1000, 50, 7]),
      partition: pick(random, [undefined, undefined, '["p1"]']),
    },
  };
};

for (const name of Object.keys(policies)) {
  test(`the index (${name}) finds what every document evaluated by itself gives, in order and page by page`, async () => {
    const random = seededRandom(seed);
    const { container, held } = await filled(name, random);
    for (let round = 0; round < 150; round++) {
      const { asked, predicate, order } = question(random);
      const found = await all(container, asked);
      assert.deepEqual(idsOf(found).sort(), expected(held.values(), predicate, asked.partition), asked.sql);
      assertOrdered(found, order.paths, asked.sql);
    }
  });

  test(`pages go on through writes (${name}): what stays the same is told exactly once`, async () => {
    const random = seededRandom(seed + 1);
    for (let round = 0; round < 40; round++) {
      const { container, held } = round % 10 === 0 ? await filled(name, random) : last;
      last = { container, held };
      const { asked, predicate } = question(random);
      const touched = new Set<string>();
      const between = async (): Promise<void> => {
        const id = `i${random(documents + 50)}`;
        touched.add(id);
        const earlier = held.get(id);
        await store.change(() => {
          const partition = JSON.stringify([earlier?.['partition'] ?? null]);
          const item = earlier === undefined ? undefined : store.read(container, partition, id);
          if (item !== undefined) store.remove(container, item);
          held.delete(id);
          if (random(3) === 0) return;
          const document = randomDocument(random, id);
          held.set(id, document);
          write(container, document);
        });
      };
      const found = idsOf(await all(container, { ...asked, pageSize: 7, between }));
      const still = expected(held.values(), predicate, asked.partition).filter((id) => !touched.has(id));
      assert.deepEqual(found.filter((id) => !touched.has(id)).sort(), still, asked.sql);
    }
  });
}

let last: Awaited<ReturnType<typeof filled>>;

test('a lagging replica answers queries from the earlier state, in its order', async () => {
  const random = seededRandom(seed + 2);
  const { container, held } = await filled('everything', random);
  now += 10_000;
  const earlier = new Map(held);
  await store.change(() => {
    for (let i = 0; i < 60; i++) {
      const id = `i${random(documents + 30)}`;
      const partition = JSON.stringify([held.get(id)?.['partition'] ?? null]);
      const item = store.read(container, partition, id);
      if (item !== undefined) store.remove(container, item);
      held.delete(id);
      if (random(4) === 0) continue;
      const document = randomDocument(random, id);
      held.set(id, document);
      write(container, document);
    }
  });
  const view = laggingView(store, container, 5_000, now, 0);
  for (let round = 0; round < 60; round++) {
    const { asked, predicate, order } = question(random);
    const found = await all(container, asked, view);
    assert.deepEqual(idsOf(found).sort(), expected(earlier.values(), predicate, asked.partition), asked.sql);
    assertOrdered(found, order.paths, asked.sql);
    assert.deepEqual(
      idsOf(await all(container, asked)).sort(),
      expected(held.values(), predicate, asked.partition),
      asked.sql,
    );
  }
});

/** Evaluated twice: with the index, and over all documents without it. */
const queries = [
  'SELECT VALUE [c.id, t.v] FROM c JOIN t IN c.items WHERE t.p = "ab" AND t.v > 0',
  'SELECT VALUE [c.id, t] FROM c JOIN t IN (SELECT VALUE t FROM t IN c.tags WHERE t = true)',
  'SELECT VALUE [c.id, n] FROM c JOIN (SELECT VALUE COUNT(1) FROM t IN c.tags WHERE t = "a") AS n',
  'SELECT VALUE c.id FROM c WHERE EXISTS(SELECT VALUE COUNT(1) FROM t IN c.tags WHERE t = "a")',
  'SELECT VALUE t.p FROM t IN c.items WHERE t.v = 3',
  'SELECT VALUE k FROM c.o AS x JOIN k IN x.k WHERE k > 0',
  'SELECT VALUE s.id FROM (SELECT c.id, c.n FROM c WHERE c.n > 1) AS s WHERE s.n < 10',
  'SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(c.items, {p: "b"}, true)',
  'SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(c.items, {p: "b", v: 2})',
  'SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(["a", "ab", 3], c.a)',
  'SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS_ANY(c.tags, "a", 3, null)',
  'SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS_ALL(c.tags, "a", true)',
  'SELECT VALUE c.id FROM c WHERE c.s LIKE "a%" AND NOT IS_DEFINED(c.n)',
  'SELECT VALUE c.id FROM c WHERE c.s LIKE "a!%%" ESCAPE "!"',
  'SELECT VALUE c.id FROM c WHERE STRINGEQUALS(c.s, "B", true) OR STRINGEQUALS(c.s, "z")',
  'SELECT VALUE c.id FROM c WHERE IS_NUMBER(c.a) OR IS_ARRAY(c.a) OR IS_NULL(c.a) OR IS_BOOL(c.a)',
  'SELECT VALUE c.id FROM c WHERE IS_OBJECT(c.o) AND IS_STRING(c.o.k)',
  'SELECT VALUE c.id FROM c WHERE c.a = [1] OR c.a = {k: true}',
  'SELECT VALUE c.id FROM c WHERE c.a',
  'SELECT VALUE c.id FROM c WHERE c.missing = 1 OR c.id = "i7" OR c.id IN ("i8", "i9")',
  'SELECT VALUE c.id FROM c WHERE IS_DEFINED(c) AND c.n IN (1, undefined)',
  'SELECT VALUE COUNT(1) FROM c',
  'SELECT COUNT(1) AS all, SUM(c.n) AS sum, MAX(c.s) AS last FROM c WHERE c.n < 3',
  'SELECT c.partition, COUNT(c.a) AS n FROM c WHERE c.n >= 0 GROUP BY c.partition',
  'SELECT DISTINCT VALUE c.a FROM c',
  'SELECT VALUE COUNT(1) FROM (SELECT DISTINCT VALUE c.s FROM c)',
];

for (const name of Object.keys(policies)) {
  test(`joins, subqueries and functions give with the index (${name}) what they give without`, async () => {
    const { container, held } = await filled(name, seededRandom(seed + 4));
    const sorted = (results: Json[]): string[] => results.map(canonical).sort();
    let answered = 0;
    for (const sql of queries) {
      const found = await all(container, { sql, pageSize: 9 });
      const naive = queryDocuments({ sql, parameters: new Map() }, [...held.values()], now);
      assert.deepEqual(sorted(found), sorted(naive), sql);
      answered += found.length;
    }
    assert.ok(answered > queries.length * 5);
  });
}

test('the beginning of a hierarchical key limits every way through the index', async () => {
  const container = await store.change(() => {
    const made = store.catalog.createContainer(
      store.catalog.database('d'),
      { id: 'hierarchical', partitionKey: { paths: ['/t', '/u'], kind: 'MultiHash' }, indexingPolicy: {} },
      1,
    );
    for (let i = 0; i < 600; i++) {
      const document = { id: `i${i}`, t: `t${i % 3}`, u: `u${i % 5}`, n: i, kind: 'x' };
      store.write(made, JSON.stringify([document.t, document.u]), document, undefined);
    }
    return made;
  });
  for (const sql of [
    'SELECT * FROM c',
    'SELECT * FROM c WHERE c.kind = "x"',
    'SELECT * FROM c WHERE c.n < 120',
    'SELECT * FROM c ORDER BY c.n DESC',
    'SELECT * FROM c WHERE c.n >= 590 ORDER BY c.n',
    'SELECT VALUE {n: COUNT(1)} FROM c',
  ]) {
    const whole = await all(container, { sql: sql.replace('VALUE {n: COUNT(1)}', '*'), pageSize: 50 });
    const mine = whole.filter(({ t }) => t === 't1');
    assert.ok(mine.length > 0 && mine.length < whole.length, sql);
    const found = await all(container, { sql, pageSize: 50, prefix: '["t1"]' });
    if (sql.includes('COUNT')) assert.deepEqual(found, [{ n: mine.length }]);
    else assert.deepEqual(idsOf(found).sort(), idsOf(mine).sort(), sql);
  }
});

test('a scan of one path comes by every item that has it, once, from any place on', async () => {
  const { container, held } = await filled('everything', seededRandom(seed + 3));
  const scope = { store, container, partition: undefined, prefix: undefined, accepts: undefined };
  const view = primaryView(store, container);
  for (const path of ['/n', '/tags/[]', '/items/[]/v']) {
    for (const reverse of [false, true]) {
      const driver = termScan(scope, { path, ranges: [everyKey], reverse }, (document) =>
        valuesUnder(document, path).map(orderKey),
      );
      const found = [...visible(driver, undefined, scope, view)];
      const having = [...held.values()].filter((document) => valuesUnder(document, path).length > 0);
      assert.deepEqual(found.map(({ item }) => item.id).sort(), idsOf(having).sort());
      const middle = found[Math.floor(found.length / 2)];
      const rest = [...visible(driver, middle, scope, view)];
      assert.deepEqual(
        rest.map(({ row }) => row),
        found.slice(Math.floor(found.length / 2)).map(({ row }) => row),
      );
    }
  }
});
