import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Container } from '@azure/cosmos';
import { type Account, openAccount } from './account.ts';
import { signedRequest } from './signed-request.ts';

let account: Account;
let items: Container;
before(async () => {
  account = await openAccount();
  items = await account.container();
});
after(() => account.close());

const read = (headers: Record<string, string>) =>
  signedRequest(account, {
    method: 'GET',
    path: `/dbs/${account.database.id}/colls/${items.id}/docs/1`,
    headers: { 'x-ms-documentdb-partitionkey': '["a"]', ...headers },
  });

test('a session token ahead of the server is answered 404 with sub-status 1002, never with an older state', async () => {
  const { headers } = await items.items.create({ id: '1', partition: 'a' });
  const token = String(headers['x-ms-session-token']);
  const [range = '', lsn = ''] = token.split('#');
  assert.equal((await read({ 'x-ms-session-token': token })).status, 200);
  const ahead = await read({ 'x-ms-session-token': `${range}#${Number(lsn) + 1000}` });
  assert.equal(ahead.status, 404);
  assert.equal(ahead.headers['x-ms-substatus'], '1002');
  assert.equal((await read({ 'x-ms-session-token': 'nonsense' })).status, 400);
});

test('each write advances the session', async () => {
  const lsn = (headers: object): number =>
    Number(
      String((headers as Record<string, unknown>)['x-ms-session-token'])
        .split('#')
        .at(-1),
    );
  const first = lsn((await items.items.upsert({ id: '2', partition: 'a' })).headers);
  const second = lsn((await items.items.upsert({ id: '2', partition: 'a' })).headers);
  assert.ok(second > first);
});

test('a read cannot ask for more consistency than the account has', async () => {
  assert.equal((await read({ 'x-ms-consistency-level': 'Strong' })).status, 400);
  const { headers } = await items.items.upsert({ id: '1', partition: 'a' });
  const token = { 'x-ms-session-token': String(headers['x-ms-session-token']) };
  assert.equal((await read({ 'x-ms-consistency-level': 'Eventual', ...token })).status, 200);
});
