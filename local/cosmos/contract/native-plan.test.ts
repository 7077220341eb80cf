import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Container } from '@azure/cosmos';
import { type Account, openAccount } from './account.ts';
import { signedRequest } from './signed-request.ts';

/**
 * Clients that plan queries by themselves (.NET on Windows) send rewritten ones and merge the answers. What they send is
 * sent here as they write it.
 */
let account: Account;
let container: Container;
/** Of the last write: raw requests have no session of their own. */
let session: string;

before(async () => {
  account = await openAccount();
  container = await account.container({
    indexingPolicy: {
      compositeIndexes: [
        [
          { path: '/name', order: 'ascending' },
          { path: '/n', order: 'descending' },
        ],
      ],
    },
  });
  for (const [id, name, n] of [
    ['1', 'red', 1],
    ['2', 'blue', 2],
    ['3', 'red', 3],
  ] as const) {
    const { headers } = await container.items.create({ id, partition: id, name, n, tags: [name, 'x'] });
    session = String(headers['x-ms-session-token']);
  }
});
after(() => account.close());

async function documents(query: string): Promise<Record<string, unknown>[]> {
  const answer = await signedRequest(account, {
    method: 'POST',
    path: `/dbs/${account.database.id}/colls/${container.id}/docs`,
    headers: {
      'content-type': 'application/query+json',
      'x-ms-session-token': session,
      'x-ms-documentdb-isquery': 'True',
      'x-ms-documentdb-query-enablecrosspartition': 'True',
      'x-ms-documentdb-partitionkeyrangeid': '0',
      'x-ms-max-item-count': '1000',
      'x-ms-documentdb-populatequerymetrics': 'True',
    },
    body: JSON.stringify({ query }),
  });
  assert.equal(answer.status, 200, answer.body.toString());
  const list = answer.json()['Documents'] as Record<string, unknown>[];
  assert.equal(answer.headers['x-ms-item-count'], String(list.length));
  return list;
}

test('ORDER BY comes with the keys to merge by, the resource id and the payload', async () => {
  const found = await documents(
    'SELECT c._rid, [{"item": c.name}, {"item": c.n}] AS orderByItems, c AS payload\nFROM c\nWHERE (true)\nORDER BY c.name, c.n DESC',
  );
  assert.deepEqual(
    found.map(({ orderByItems }) => orderByItems),
    [
      [{ item: 'blue' }, { item: 2 }],
      [{ item: 'red' }, { item: 3 }],
      [{ item: 'red' }, { item: 1 }],
    ],
  );
  for (const { _rid, payload } of found) {
    assert.equal(Buffer.from(String(_rid).replaceAll('-', '/'), 'base64').length, 16);
    assert.equal((payload as Record<string, unknown>)['_rid'], _rid);
  }
});

test('aggregates stand inside lists and objects', async () => {
  assert.deepEqual(await documents('SELECT VALUE [{"item": {"sum": SUM(c.n), "count": COUNT(c.n)}}] FROM c'), [
    [{ item: { sum: 6, count: 3 } }],
  ]);
  assert.deepEqual(
    await documents('SELECT VALUE [{"item": MAX(c.n), "item2": {"max": MAX(c.n), "count": COUNT(c.n)}}] FROM c'),
    [[{ item: 3, item2: { max: 3, count: 3 } }]],
  );
  assert.deepEqual(await documents('SELECT {"c": {"item": COUNT(1)}, "s": {"item": SUM(c.n)}} AS payload FROM c'), [
    { payload: { c: { item: 3 }, s: { item: 6 } } },
  ]);
});

test('groups come with the values they are grouped by', async () => {
  const found = await documents(
    'SELECT [{"item": c.name}] AS groupByItems, {"name": c.name, "k": {"item": COUNT(1)}} AS payload FROM c GROUP BY c.name',
  );
  assert.deepEqual(
    found.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    [
      { groupByItems: [{ item: 'blue' }], payload: { name: 'blue', k: { item: 1 } } },
      { groupByItems: [{ item: 'red' }], payload: { name: 'red', k: { item: 2 } } },
    ],
  );
});

test('what LINQ writes is answered', async () => {
  assert.equal((await documents('SELECT VALUE root FROM root WHERE (root["name"] = "red")')).length, 2);
  assert.deepEqual(await documents('SELECT VALUE x0 FROM root JOIN x0 IN root["tags"] WHERE (root["n"] = 2)'), [
    'blue',
    'x',
  ]);
  assert.deepEqual(await documents('SELECT VALUE root["id"] FROM root WHERE STARTSWITH(root["id"], "1", false)'), [
    '1',
  ]);
  assert.deepEqual(await documents('SELECT VALUE COUNT(1) FROM (SELECT DISTINCT VALUE c.name FROM c)'), [2]);
});

test('the plan of the gateway names the whole range, and a wrong query is refused by it already', async () => {
  const ask = (query: string) =>
    signedRequest(account, {
      method: 'POST',
      path: `/dbs/${account.database.id}/colls/${container.id}/docs`,
      headers: {
        'content-type': 'application/query+json',
        'x-ms-session-token': session,
        'x-ms-cosmos-is-query-plan-request': 'True',
        'x-ms-cosmos-query-version': '1.0',
        'x-ms-cosmos-supported-query-features':
          'Aggregate, Distinct, GroupBy, MultipleAggregates, MultipleOrderBy, OffsetAndLimit, OrderBy, Top, NonValueAggregate',
      },
      body: JSON.stringify({ query }),
    });
  const plan = await ask('SELECT VALUE COUNT(1) FROM c');
  assert.equal(plan.status, 200);
  assert.deepEqual(plan.json()['queryRanges'], [{ min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false }]);
  for (const query of ['SELECT * FORM c', 'SELECT x.y FROM c', 'SELECT * FROM c ORDER BY c.n, c.name'])
    assert.equal((await ask(query)).status, 400, query);
});
