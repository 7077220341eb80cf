import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Container } from '@azure/cosmos';
import { type Account, openAccount, refusalOf, statusOf } from './account.ts';

let account: Account;
let items: Container;
before(async () => {
  account = await openAccount({ longestScriptMs: 1000 });
  items = await account.container();
  for (const [id, income] of [
    ['a', 500],
    ['b', 5000],
    ['c', 50_000],
  ] as const)
    await items.items.create({ id, partition: 'p', income, name: { given: id } });
  await items.items.create({ id: 'd', partition: 'p' });
  const define = (id: string, body: string) => items.scripts.userDefinedFunctions.create({ id, body });
  await define(
    'tax',
    `function tax(income) {
    if (income === undefined) return undefined;
    return income < 1000 ? income * 0.1 : income < 10000 ? income * 0.2 : income * 0.4;
  }`,
  );
  await define('label', `function (name, n) { return { text: name.given + '!' , n: [n, null] }; }`);
  await define('fails', `function () { throw new Error('not today'); }`);
  await define('endless', 'function () { for (;;) {} }');
  await define(
    'curious',
    `function () { return [typeof require, typeof process, typeof getContext, typeof __host].join(); }`,
  );
});
after(() => account.close());

const ask = async (query: string): Promise<unknown[]> => (await items.items.query(query).fetchAll()).resources;

test('a function is registered, read, replaced, listed and deleted', async () => {
  const { userDefinedFunctions } = items.scripts;
  await userDefinedFunctions.create({ id: 'kept', body: 'function () { return 1; }' });
  assert.equal(await statusOf(userDefinedFunctions.create({ id: 'kept', body: 'function () {}' })), '409');
  await items.scripts.userDefinedFunction('kept').replace({ id: 'kept', body: 'function () { return 2; }' });
  assert.deepEqual(await ask('SELECT VALUE udf.kept()'), [2]);
  assert.ok((await userDefinedFunctions.readAll().fetchAll()).resources.some(({ id }) => id === 'kept'));
  await items.scripts.userDefinedFunction('kept').delete();
  assert.equal(await statusOf(ask('SELECT VALUE udf.kept()')), '400');
});

test('a query calls it in what it selects, filters and groups; what is undefined stays so', async () => {
  assert.deepEqual(await ask('SELECT VALUE udf.tax(c.income) FROM c'), [50, 1000, 20_000]);
  assert.deepEqual(await ask('SELECT VALUE c.id FROM c WHERE udf.tax(c.income) > 500'), ['b', 'c']);
  assert.deepEqual(await ask('SELECT udf.tax(c.income) AS tax FROM c WHERE c.id = "d"'), [{}]);
  assert.deepEqual(await ask('SELECT VALUE udf.label(c.name, udf.tax(c.income)) FROM c WHERE c.id = "a"'), [
    { text: 'a!', n: [50, null] },
  ]);
  const groups = await ask(
    'SELECT udf.tax(c.income) > 500 AS high, COUNT(1) AS n FROM c WHERE IS_DEFINED(c.income) GROUP BY udf.tax(c.income) > 500',
  );
  assert.equal(groups.length, 2);
  assert.deepEqual(await ask('SELECT VALUE SUM(udf.tax(c.income)) FROM c WHERE IS_DEFINED(c.income)'), [21_050]);
});

test('pages go on where they stood', async () => {
  const pages: unknown[][] = [];
  const query = items.items.query('SELECT VALUE udf.tax(c.income) FROM c WHERE IS_DEFINED(c.income)', {
    maxItemCount: 2,
  });
  for await (const { resources } of query.getAsyncIterator()) if (resources.length > 0) pages.push(resources);
  assert.deepEqual(pages, [[50, 1000], [20_000]]);
});

test('what is not there, fails or does not end refuses the query, with its reason', async () => {
  assert.match((await refusalOf(ask('SELECT VALUE udf.nobody(c.a) FROM c'))).message, /nobody/);
  assert.match((await refusalOf(ask('SELECT VALUE udf.fails() FROM c'))).message, /not today/);
  assert.equal(await statusOf(ask('SELECT VALUE udf.endless() FROM c')), '408');
  assert.equal(await statusOf(ask('SELECT VALUE udf.tax FROM c')), '400');
  assert.deepEqual(await ask('SELECT VALUE udf.tax(c.income) FROM c WHERE c.id = "a"'), [50], 'the next query runs');
});

test('it sees its parameters and nothing of the server', async () => {
  assert.deepEqual(await ask('SELECT VALUE udf.curious()'), ['undefined,undefined,undefined,undefined']);
});
