import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Container } from '@azure/cosmos';
import { effectivePartitionKey } from '../effective-partition-key.ts';
import { type Account, openAccount } from './account.ts';
import { type BinaryOperation, binaryBatch, binaryResults } from './binary-batch.ts';
import { type RawRequest, signedRequest } from './signed-request.ts';

/** What the .NET client (gateway mode) puts on the wire where it differs from the JavaScript client. */
let account: Account;
let items: Container;
let path: string;
before(async () => {
  account = await openAccount();
  items = await account.container();
  path = `/dbs/${account.database.id}/colls/${items.id}`;
});
after(() => account.close());

const send = (request: RawRequest) => signedRequest(account, request);
/** The client brings the session token of what it wrote. */
const session = ({ headers }: { headers: object }) => ({
  'x-ms-session-token': String((headers as Record<string, unknown>)['x-ms-session-token']),
});
const key = (...values: unknown[]) => ({ 'x-ms-documentdb-partitionkey': JSON.stringify(values) });

test('the account names itself as the client reached it, and its query engine is not empty', async () => {
  const body = (await send({ method: 'GET', path: '/' })).json();
  assert.deepEqual(
    (body['writableLocations'] as { databaseAccountEndpoint: string }[])[0]?.databaseAccountEndpoint,
    account.endpoint.replace('localhost', new URL(account.endpoint).hostname),
  );
  assert.ok(Object.keys(JSON.parse(String(body['queryEngineConfiguration']))).length > 0);
});

test('key ranges are asked by resource ids, signed with the innermost one in lower case, again and again until 304', async () => {
  const { resource: database } = await account.database.read();
  const { resource: container } = await items.read();
  const [dbs, colls] = [String(database?._rid), String(container?._rid)];
  const ask = (headers: Record<string, string>) =>
    send({
      method: 'GET',
      path: `/dbs/${encodeURIComponent(dbs)}/colls/${encodeURIComponent(colls)}/pkranges`,
      headers: { 'a-im': 'Incremental Feed', 'x-ms-max-item-count': '-1', ...headers },
      sign: ['pkranges', colls.toLowerCase()],
    });
  const first = await ask({});
  assert.equal(first.status, 200);
  assert.equal(first.headers['x-ms-item-count'], '1');
  const [range] = first.json()['PartitionKeyRanges'] as { _rid: string }[];
  const rid = Buffer.from(String(range?._rid).replaceAll('-', '/'), 'base64');
  assert.equal(rid.length, 16);
  assert.equal(rid.readUInt8(15) >> 4, 5);
  const second = await ask({ 'if-none-match': String(first.headers['etag']) });
  assert.equal(second.status, 304);
});

test('resource ids are base64 of the lengths that the client parses, each beginning with its owner', async () => {
  const bytes = (rid: unknown): Buffer => Buffer.from(String(rid).replaceAll('-', '/'), 'base64');
  const database = bytes((await account.database.read()).resource?._rid);
  const container = bytes((await items.read()).resource?._rid);
  const made = await items.items.create({ id: 'rid', partition: 'a' });
  const { resource } = made;
  const item = bytes(resource?._rid);
  assert.deepEqual([database.length, container.length, item.length], [4, 8, 16]);
  assert.ok(container.subarray(0, 4).equals(database) && item.subarray(0, 8).equals(container));
  assert.equal(container.readUInt8(4) & 0x80, 0x80);
  assert.equal(item.readUInt8(15) >> 4, 0);
  const rid = String(resource?._rid);
  const bySelf = await send({
    method: 'GET',
    path: `/${String(resource?._self).replace(/\/$/, '')}`,
    headers: { ...key('a'), ...session(made) },
    sign: ['docs', rid.toLowerCase()],
  });
  assert.equal(bySelf.status, 200);
  assert.equal(bySelf.json()['id'], 'rid');
});

test('return=minimal answers without a body, with the etag', async () => {
  const body = JSON.stringify({ id: 'minimal', partition: 'a' });
  const made = await send({
    method: 'POST',
    path: `${path}/docs`,
    headers: { ...key('a'), prefer: 'return=minimal' },
    body,
  });
  assert.equal(made.status, 201);
  assert.equal(made.body.length, 0);
  assert.match(String(made.headers['etag']), /^".+"$/);
});

test('switches come as True, patches as an object with operations', async () => {
  const headers = { ...key('a'), 'x-ms-documentdb-is-upsert': 'True' };
  const body = JSON.stringify({ id: 'switch', partition: 'a', n: 1 });
  assert.equal((await send({ method: 'POST', path: `${path}/docs`, headers, body })).status, 201);
  assert.equal((await send({ method: 'POST', path: `${path}/docs`, headers, body })).status, 200);
  const patch = JSON.stringify({
    condition: 'FROM c WHERE c.n = 1',
    operations: [{ op: 'incr', path: '/n', value: 1 }],
  });
  const patched = await send({
    method: 'PATCH',
    path: `${path}/docs/switch`,
    headers: { ...key('a'), 'content-type': 'application/json-patch+json' },
    body: patch,
  });
  assert.equal(patched.json()['n'], 2);
});

test('every feed says how many items it holds, an empty change feed too', async () => {
  const feed = (headers: Record<string, string>) => send({ method: 'GET', path: `${path}/docs`, headers });
  assert.match(String((await feed({})).headers['x-ms-item-count']), /^\d+$/);
  const changes = await feed({ 'a-im': 'Incremental Feed', 'if-none-match': '*' });
  assert.equal(changes.status, 304);
  assert.equal(changes.headers['x-ms-item-count'], '0');
});

test('direct mode and scripts are refused by name', async () => {
  const direct = await send({ method: 'GET', path: '/addresses/?$resolveFor=dbs', sign: ['addresses', ''] });
  assert.equal(direct.status, 501);
  assert.match(String(direct.json()['message']), /gateway mode/i);
});

test('a transactional batch comes in binary and is answered so, wholly or not at all', async () => {
  const batch = (operations: BinaryOperation[]) =>
    send({
      method: 'POST',
      path: `${path}/docs`,
      headers: {
        ...key('bin'),
        'x-ms-cosmos-is-batch-request': 'True',
        'x-ms-cosmos-batch-atomic': 'True',
        'x-ms-cosmos-batch-ordered': 'True',
      },
      body: binaryBatch(operations),
    });
  const create = (id: string): BinaryOperation => ({
    type: 'Create',
    body: { id, partition: 'bin', text: 'x'.repeat(300) },
  });
  const good = await batch([
    create('1'),
    { type: 'Read', id: '1' },
    { type: 'Upsert', body: { id: '2', partition: 'bin' } },
    { type: 'Delete', id: '1' },
  ]);
  assert.equal(good.status, 200);
  const results = binaryResults(good.body);
  assert.deepEqual(
    results.map(({ status }) => status),
    [201, 200, 201, 204],
  );
  assert.equal(results[1]?.body?.['text'], 'x'.repeat(300));
  const bad = await batch([
    create('3'),
    { type: 'Replace', id: '2', ifMatch: '"x"', body: { id: '2', partition: 'bin' } },
  ]);
  assert.equal(bad.status, 207);
  assert.deepEqual(
    binaryResults(bad.body).map(({ status }) => status),
    [424, 412],
  );
  assert.equal((await items.item('3', 'bin').read()).statusCode, 404);
  const many = await batch(Array.from({ length: 101 }, (_, n) => create(`n${n}`)));
  assert.equal(many.status, 400);
});

test('bulk comes in binary with a key for each operation, and a damaged record is refused whole', async () => {
  const headers = {
    'x-ms-cosmos-is-batch-request': 'True',
    'x-ms-cosmos-batch-atomic': 'False',
    'x-ms-documentdb-partitionkeyrangeid': '0',
  };
  const body = binaryBatch(
    ['u', 'v'].map((partition) => ({ type: 'Create', partitionKey: `["${partition}"]`, body: { id: '1', partition } })),
  );
  const answer = await send({ method: 'POST', path: `${path}/docs`, headers, body });
  assert.deepEqual(
    binaryResults(answer.body).map(({ status }) => status),
    [201, 201],
  );
  const damaged = binaryBatch([{ type: 'Create', partitionKey: '["w"]', body: { id: '1', partition: 'w' } }]);
  damaged.writeUInt8(damaged.readUInt8(40) ^ 1, 40);
  assert.equal((await send({ method: 'POST', path: `${path}/docs`, headers, body: damaged })).status, 400);
  assert.equal((await items.item('1', 'w').read()).statusCode, 404);
});

test('the hash of a hierarchical key is that of its parts, joined', () => {
  assert.equal(effectivePartitionKey('["RR8"]', true), '183F784498C78EBB6C99C329C182F459');
  assert.equal(effectivePartitionKey('["RR8","W1"]', true).slice(0, 32), '183F784498C78EBB6C99C329C182F459');
  assert.notEqual(effectivePartitionKey('["a","b"]', false), effectivePartitionKey('["a","c"]', false));
});

test('a query by the beginning of a key is limited by hashes, and tells no other trust', async () => {
  const tree = await account.container({
    partitionKey: { paths: ['/trust', '/ward'], kind: 'MultiHash', version: 2 } as never,
  });
  let last: { headers: object } = { headers: {} };
  for (const trust of ['RR8', 'RR9'])
    for (const ward of ['1', '2']) last = await tree.items.create({ id: `${trust}-${ward}`, trust, ward });
  const hash = effectivePartitionKey('["RR8"]', true);
  const range = {
    'x-ms-start-epk': hash,
    'x-ms-end-epk': `${hash}FF`,
    'x-ms-read-key-type': 'EffectivePartitionKeyRange',
  };
  const answer = await send({
    method: 'POST',
    path: `/dbs/${account.database.id}/colls/${tree.id}/docs`,
    headers: {
      ...range,
      ...session(last),
      'x-ms-documentdb-isquery': 'True',
      'content-type': 'application/query+json',
      'x-ms-documentdb-partitionkeyrangeid': '0',
    },
    body: JSON.stringify({ query: 'SELECT VALUE c.id FROM c' }),
  });
  assert.deepEqual((answer.json()['Documents'] as string[]).sort(), ['RR8-1', 'RR8-2']);
  const feed = await send({
    method: 'GET',
    path: `/dbs/${account.database.id}/colls/${tree.id}/docs`,
    headers: { ...range, 'a-im': 'Incremental Feed' },
  });
  assert.deepEqual((feed.json()['Documents'] as { id: string }[]).map(({ id }) => id).sort(), ['RR8-1', 'RR8-2']);
});
