import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BulkOperationType, type Container, type JSONObject, type SqlQuerySpec } from '@azure/cosmos';
import { type Account, openAccount, refusalOf, statusOf } from './account.ts';

let account: Account;
let people: Container;
const total = 60;

const person = (i: number): JSONObject => ({
  id: `i${String(i).padStart(3, '0')}`,
  partition: `p${i % 3}`,
  name: ['red', 'green', 'blue'][i % 3] ?? '',
  n: i,
  tags: [`t${i % 5}`, 'all'],
  ...(i % 10 === 0 ? {} : { rank: i % 7 }),
  hidden: i,
});

before(async () => {
  account = await openAccount();
  people = await account.container({
    indexingPolicy: {
      includedPaths: [{ path: '/name/?' }, { path: '/n/?' }, { path: '/rank/?' }, { path: '/tags/[]/?' }],
      excludedPaths: [{ path: '/*' }],
      compositeIndexes: [
        [
          { path: '/name', order: 'ascending' },
          { path: '/n', order: 'descending' },
        ],
      ],
    },
  });
  for (const partition of [0, 1, 2]) {
    const mine = Array.from({ length: total }, (_, i) => person(i)).filter(
      (each) => each['partition'] === `p${partition}`,
    );
    await people.items.batch(
      mine.map((resourceBody) => ({ operationType: BulkOperationType.Create, resourceBody })),
      `p${partition}`,
    );
  }
});
after(() => account.close());

const all = async (query: string | SqlQuerySpec, options = {}): Promise<unknown[]> =>
  (await people.items.query(query, options).fetchAll()).resources;
const numbers = Array.from({ length: total }, (_, i) => i);

/** The SDK asks for results at once, or first for the plan, whose rewritten query it runs range by range. */
const manners = [
  { manner: 'asked directly', options: {} },
  { manner: 'by the plan', options: { forceQueryPlan: true } },
  { manner: 'by the plan, in small pages', options: { forceQueryPlan: true, maxItemCount: 7 } },
  { manner: 'in small pages', options: { maxItemCount: 7 } },
];

for (const { manner, options } of manners) {
  test(`ORDER BY, aggregates, DISTINCT, GROUP BY and limits are right over all partitions, ${manner}`, async () => {
    assert.deepEqual(await all('SELECT VALUE c.n FROM c ORDER BY c.n', options), numbers);
    assert.deepEqual(await all('SELECT VALUE c.n FROM c ORDER BY c.n DESC', options), numbers.toReversed());
    const byName = await all('SELECT c.name, c.n FROM c ORDER BY c.name, c.n DESC', options);
    assert.deepEqual(byName[0], { name: 'blue', n: 59 });
    assert.deepEqual(byName.at(-1), { name: 'red', n: 0 });
    assert.deepEqual(await all('SELECT VALUE COUNT(1) FROM c', options), [total]);
    assert.deepEqual(await all('SELECT VALUE AVG(c.n) FROM c WHERE c.name = "red"', options), [28.5]);
    assert.deepEqual(await all('SELECT MIN(c.n) AS l, MAX(c.n) AS h, SUM(c.n) AS s FROM c', options), [
      { l: 0, h: 59, s: 1770 },
    ]);
    const names = await all('SELECT DISTINCT VALUE c.name FROM c', options);
    assert.deepEqual(names.sort(), ['blue', 'green', 'red']);
    const groups = (await all('SELECT c.name, COUNT(1) AS n FROM c GROUP BY c.name', options)) as {
      name: string;
      n: number;
    }[];
    assert.deepEqual(groups.map(({ name, n }) => `${name} ${n}`).sort(), ['blue 20', 'green 20', 'red 20']);
    const many = (await all('SELECT c.n, COUNT(1) AS k FROM c GROUP BY c.n', options)) as { n: number }[];
    assert.deepEqual(
      many.map(({ n }) => n).sort((a, b) => a - b),
      numbers,
    );
    assert.deepEqual(await all('SELECT TOP 12 VALUE c.n FROM c ORDER BY c.n', options), numbers.slice(0, 12));
    assert.deepEqual(
      await all('SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 25 LIMIT 10', options),
      numbers.slice(25, 35),
    );
    assert.equal((await all('SELECT TOP 9 * FROM c', options)).length, 9);
    assert.equal((await all('SELECT * FROM c OFFSET 50 LIMIT 30', options)).length, 10);
  });
}

test('items without the property come first, or last, in ORDER BY', async () => {
  const ranks = await all('SELECT c.rank FROM c ORDER BY c.rank');
  assert.deepEqual(ranks.slice(0, 6), [{}, {}, {}, {}, {}, {}]);
  assert.deepEqual(ranks[6], { rank: 0 });
  assert.deepEqual((await all('SELECT c.rank FROM c ORDER BY c.rank DESC')).at(-1), {});
});

test('a page goes on where it ended, whatever was written meanwhile', async () => {
  const own = await account.container();
  for (let i = 0; i < 20; i++) await own.items.create({ id: `i${i}`, partition: 'p', n: i * 10 });
  const sql = 'SELECT VALUE c.n FROM c ORDER BY c.n';
  const first = await own.items.query<number>(sql, { maxItemCount: 5 }).fetchNext();
  assert.deepEqual(first.resources, [0, 10, 20, 30, 40]);
  await own.item('i0', 'p').delete();
  await own.item('i4', 'p').delete();
  await own.items.create({ id: 'early', partition: 'p', n: 5 });
  await own.items.create({ id: 'late', partition: 'p', n: 55 });
  const second = await own.items
    .query<number>(sql, { maxItemCount: 5, continuationToken: first.continuationToken ?? '' })
    .fetchNext();
  assert.deepEqual(second.resources, [50, 55, 60, 70, 80]);
  const strange = own.items.query(sql, { continuationToken: 'bm90IG91cnM' });
  assert.equal(await statusOf(strange.fetchNext()), '400');
});

test('a join that gives more results than a page holds goes on within the item', async () => {
  const own = await account.container();
  await own.items.create({ id: '1', partition: 'p', list: numbers });
  const pages = own.items.query<number>('SELECT VALUE x FROM c JOIN x IN c.list WHERE x != 30', { maxItemCount: 11 });
  const found: number[] = [];
  let sizes = '';
  while (pages.hasMoreResults()) {
    const { resources } = await pages.fetchNext();
    found.push(...resources);
    sizes += ` ${resources.length}`;
  }
  assert.deepEqual(
    found,
    numbers.filter((n) => n !== 30),
  );
  assert.equal(sizes, ' 11 11 11 11 11 4');
});

test('a page holds at most 4 MB', async () => {
  const own = await account.container();
  for (let i = 0; i < 6; i++) await own.items.create({ id: `${i}`, partition: 'p', text: 'x'.repeat(1_500_000) });
  const pages = own.items.query('SELECT * FROM c', { maxItemCount: 100 });
  const sizes: number[] = [];
  while (pages.hasMoreResults()) sizes.push((await pages.fetchNext()).resources.length);
  assert.deepEqual(sizes, [2, 2, 2]);
});

test('what the index policy leaves out is found all the same, but not sorted by', async () => {
  assert.deepEqual(await all('SELECT VALUE c.n FROM c WHERE c.hidden = 7'), [7]);
  const excluded = await refusalOf(all('SELECT * FROM c ORDER BY c.hidden'));
  assert.equal(excluded.status, 400);
  assert.match(excluded.message, /range index/);
  for (const order of ['c.n, c.name', 'c.name, c.n', 'c.name DESC, c.n DESC', 'c.name, c.n DESC, c.rank']) {
    const refused = await refusalOf(all(`SELECT * FROM c ORDER BY ${order}`));
    assert.equal(refused.status, 400, order);
    assert.match(refused.message, /composite index/);
  }
  assert.equal((await all('SELECT * FROM c ORDER BY c.name DESC, c.n')).length, total);
  assert.equal(await statusOf(all('SELECT * FROM c ORDER BY LOWER(c.name)')), '400');
  assert.equal(await statusOf(all('SELECT * FROM c JOIN t IN c.tags ORDER BY t')), '400');
});

test('a changed index policy holds for what lies there already', async () => {
  const own = await account.container({
    indexingPolicy: { includedPaths: [], excludedPaths: [{ path: '/*' }] },
  });
  for (const n of [3, 1, 2]) await own.items.create({ id: `${n}`, partition: 'p', n });
  const ask = (): Promise<unknown[]> =>
    own.items
      .query('SELECT VALUE c.n FROM c ORDER BY c.n')
      .fetchAll()
      .then(({ resources }) => resources);
  assert.equal(await statusOf(ask()), '400');
  const { resource } = await own.read();
  assert.ok(resource !== undefined);
  await own.replace({
    ...resource,
    indexingPolicy: { includedPaths: [{ path: '/n/?' }], excludedPaths: [{ path: '/*' }] },
  });
  assert.deepEqual(await ask(), [1, 2, 3]);
});

test('a refused query names code and place as the service does', async () => {
  const { status, message } = await refusalOf(all('SELECT x.id FROM c'));
  assert.equal(status, 400);
  const [, list = ''] = /(\{"errors":.*\]\})/.exec(message) ?? [];
  assert.deepEqual(JSON.parse(list), {
    errors: [
      {
        severity: 'Error',
        location: { start: 7, end: 8 },
        code: 'SC2001',
        message: "Identifier 'x' could not be resolved.",
      },
    ],
  });
  const spatial = await refusalOf(all('SELECT VALUE ST_ISVALID(c.place) FROM c'));
  assert.match(spatial.message, /not supported by this server/);
  assert.equal(await statusOf(all('SELECT * FROM c WHERE', { forceQueryPlan: true })), '400');
});

test('a query that names one partition in WHERE sees no other', async () => {
  const found = await all({
    query: 'SELECT VALUE c.partition FROM c WHERE c.partition = @p AND ARRAY_CONTAINS(c.tags, "all")',
    parameters: [{ name: '@p', value: 'p1' }],
  });
  assert.deepEqual([...new Set(found)], ['p1']);
  assert.equal(found.length, 20);
});

test('metrics tell how many documents were looked at', async () => {
  const response = await people.items
    .query('SELECT * FROM c WHERE c.n >= 10 AND c.n < 20', { populateQueryMetrics: true })
    .fetchNext();
  const metrics = (Object.values(response.queryMetrics ?? {})[0] ?? response.queryMetrics) as unknown as Record<
    string,
    unknown
  >;
  assert.equal(response.resources.length, 10);
  assert.match(JSON.stringify(metrics), /"retrievedDocumentCount":10/i);
});
