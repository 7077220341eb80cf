import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Container } from '@azure/cosmos';
import { type Account, openAccount, refusalOf, statusOf } from './account.ts';
import { signedRequest } from './signed-request.ts';

let account: Account;
let items: Container;
before(async () => {
  account = await openAccount({ longestScriptMs: 1000 });
  items = await account.container();
});
after(() => account.close());

let made = 0;
async function run(body: string, parameters: unknown[] = [], partition = 'p') {
  const id = `script${++made}`;
  await items.scripts.storedProcedures.create({ id, body });
  return items.scripts.storedProcedure(id).execute(partition, parameters);
}

test('a stored procedure is registered, read, replaced, listed and deleted', async () => {
  const { storedProcedures } = items.scripts;
  const { resource } = await storedProcedures.create({ id: 'kept', body: 'function () {}' });
  assert.equal(resource?.body, 'function () {}');
  assert.equal(await statusOf(storedProcedures.create({ id: 'kept', body: 'function () {}' })), '409');
  const replaced = await items.scripts.storedProcedure('kept').replace({ id: 'kept', body: 'function kept() {}' });
  assert.notEqual(replaced.resource?._etag, resource?._etag);
  assert.ok((await storedProcedures.readAll().fetchAll()).resources.some(({ id }) => id === 'kept'));
  await items.scripts.storedProcedure('kept').delete();
  assert.equal(await statusOf(items.scripts.storedProcedure('kept').execute('p')), '404');
});

test('it takes parameters and sets its response', async () => {
  const { resource } = await run('function add(a, b) { getContext().getResponse().setBody({ sum: a + b.n }); }', [
    1,
    { n: 2 },
  ]);
  assert.deepEqual(resource, { sum: 3 });
});

test('it creates, reads, changes, queries and deletes in its partition, callback after callback', async () => {
  const { resource, headers } = await run(
    `function (n) {
      var c = getContext().getCollection(), link = c.getSelfLink(), ids = [];
      function next(i) {
        if (i < n) c.createDocument(link, { id: 's' + i, partition: 'p', n: i }, function (error, made) { if (error) throw error; ids.push(made.id); next(i + 1); });
        else c.queryDocuments(link, { query: 'SELECT * FROM c WHERE c.n >= @n', parameters: [{ name: '@n', value: 1 }] }, {}, function (error, found) {
          found[0].n = 10;
          c.replaceDocument(found[0]._self, found[0], { etag: found[0]._etag }, function (error, changed) {
            c.deleteDocument(c.getAltLink() + '/docs/s0', function (error) {
              getContext().getResponse().setBody({ ids: ids, found: found.length, n: changed.n });
            });
          });
        });
      }
      next(0);
    }`,
    [3],
  );
  assert.deepEqual(resource, { ids: ['s0', 's1', 's2'], found: 2, n: 10 });
  // The client does not keep the session of a script by itself.
  const options = { sessionToken: String(headers['x-ms-session-token']) };
  assert.equal((await items.item('s0', 'p').read(options)).statusCode, 404);
  assert.equal((await items.item('s1', 'p').read(options)).resource.n, 10);
});

test('what it throws undoes what it did', async () => {
  const create = `var c = getContext().getCollection(); c.createDocument(c.getSelfLink(), { id: 'undone', partition: 'p' });`;
  const refusal = await refusalOf(run(`function () { ${create} throw new Error('not today'); }`));
  assert.equal(refusal.status, 400);
  assert.match(refusal.message, /not today/);
  assert.equal((await items.item('undone', 'p').read()).statusCode, 404);
  assert.equal(await statusOf(run(`function () { ${create} ${create} }`)), '400');
  assert.equal((await items.item('undone', 'p').read()).statusCode, 404);
});

test('a refused operation is told to its callback, and the script may go on', async () => {
  await items.items.create({ id: 'there', partition: 'p' });
  const { resource } = await run(`function () {
    var c = getContext().getCollection();
    c.createDocument(c.getSelfLink(), { id: 'there', partition: 'p' }, function (error) {
      getContext().getResponse().setBody(error.number);
    });
  }`);
  assert.equal(resource, 409);
});

test('it sees one partition and nothing of the server', async () => {
  await items.items.create({ id: 'secret', partition: 'other' });
  const { resource } = await run(`function () {
    var c = getContext().getCollection();
    c.readDocuments(c.getSelfLink(), {}, function (error, found) {
      getContext().getResponse().setBody({
        others: found.filter(function (one) { return one.partition !== 'p'; }).length,
        world: [typeof process, typeof require, typeof fetch, typeof globalThis.process, typeof Function('return this')().process],
      });
    });
  }`);
  assert.deepEqual(resource, { others: 0, world: Array.from({ length: 5 }, () => 'undefined') });
  const elsewhere = `function () { var c = getContext().getCollection(); c.createDocument(c.getSelfLink(), { id: 'x', partition: 'other' }); }`;
  assert.equal(await statusOf(run(elsewhere)), '400');
  assert.equal(
    await statusOf(
      run(
        "function () { var c = getContext().getCollection(); c.createDocument('dbs/x/colls/y', { id: 'x', partition: 'p' }); }",
      ),
    ),
    '400',
  );
});

test('what never ends, and what takes all memory, is ended; the server goes on', {
  skip: process.env['COSMOS_ENDPOINT'] !== undefined,
}, async () => {
  assert.equal(await statusOf(run('function f() { f(); }')), '400');
  assert.equal(await statusOf(run('this is no function')), '400');
  const scripts: [string, number[]][] = [
    ['function () { for (;;); }', [408]],
    // On a busy machine the time may be over before the memory is.
    ['function () { var all = []; for (;;) all.push(new Uint8Array(1000000)); }', [400, 408]],
  ];
  for (const [index, [body, statuses]] of scripts.entries()) {
    await items.scripts.storedProcedures.create({ id: `endless${index}`, body });
    // By hand, since the SDK would try again and again.
    const { status } = await signedRequest(account, {
      method: 'POST',
      path: `/dbs/${account.database.id}/colls/${items.id}/sprocs/endless${index}`,
      headers: { 'x-ms-documentdb-partitionkey': '["p"]' },
      body: '[]',
    });
    assert.ok(statuses.includes(status), String(status));
  }
  assert.equal((await run('function () { getContext().getResponse().setBody(1); }')).resource, 1);
});
