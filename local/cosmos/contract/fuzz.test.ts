import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Container } from '@azure/cosmos';
import { type Account, openAccount } from './account.ts';
import { type RawRequest, signedRequest } from './signed-request.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_125);
const rounds = 1500;

let account: Account;
let items: Container;
before(async () => {
  account = await openAccount();
  items = await account.container();
});
after(() => account.close());

test('whatever is sent is answered as the service would refuse it: no crash, no hang, nothing harmed', {
  skip: process.env['COSMOS_ENDPOINT'] !== undefined,
}, async () => {
  await items.items.create({ id: 'kept', partition: 'a', n: 1 });
  const random = generator(seed);
  for (let round = 0; round < rounds; round++) {
    const request = anyRequest(random, `/dbs/${account.database.id}/colls/${items.id}`);
    const answer = await signedRequest(account, request);
    const told = `seed ${seed}, round ${round}: ${JSON.stringify({ ...request, body: String(request.body).slice(0, 300) })}`;
    assert.ok(allowed.has(answer.status), `${answer.status} ${answer.body.toString().slice(0, 300)} for ${told}`);
    if (answer.status >= 400) {
      assert.ok(answer.body.length > 0, `${answer.status} without a body for ${told}`);
      const { code, message } = answer.json();
      assert.ok(typeof code === 'string' && typeof message === 'string', told);
    }
  }
  const { resource, statusCode } = await items.item('kept', 'a').read();
  assert.equal(statusCode, 200);
  assert.equal(resource.n, 1);
});

test('a body beyond every limit is refused and the server goes on', {
  skip: process.env['COSMOS_ENDPOINT'] !== undefined,
}, async () => {
  const path = `/dbs/${account.database.id}/colls/${items.id}/docs`;
  const headers = { 'x-ms-documentdb-partitionkey': '["a"]' };
  const answer = await signedRequest(account, { method: 'POST', path, headers, body: Buffer.alloc(20_000_000, 'x') });
  assert.equal(answer.status, 413);
  assert.equal((await items.item('kept', 'a').read()).statusCode, 200);
});

const allowed = new Set([200, 201, 204, 207, 304, 400, 401, 403, 404, 405, 409, 412, 413, 501]);

type Random = () => number;

/** A small generator with a seed, so that a failure can be repeated (mulberry32). */
function generator(start: number): Random {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pick = <T>(random: Random, list: readonly [T, ...T[]]): T => list[Math.floor(random() * list.length)] ?? list[0];

function anyRequest(random: Random, container: string): RawRequest {
  const method = pick(random, ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
  const tail = pick(random, [
    '/docs',
    '/docs',
    '/docs/new',
    '/docs/new',
    '/docs/AAAA',
    '/docs/%E0%A4%A',
    '/docs/a/b/c',
    '/pkranges',
    '/sprocs/x',
    '/triggers',
    '/udfs',
    '/conflicts',
    '/operations/partitionkeydelete',
    '/operations/other',
    '/..',
    '/%2e%2e/x',
  ]);
  const path = pick(random, [
    `${container}${tail}`,
    `${container}${tail}`,
    `${container}${tail}`,
    '/offers',
    '/offers/of00',
    '/media/x',
    '//addresses/',
    '/dbs/none/colls/none/docs/x',
    '/dbs/none',
  ]);
  // The account and what the test needs stay: nothing here may delete or replace a container, or its items' partition.
  const spared = method !== 'GET' && tail === '/..' ? `${container}/docs` : path;
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(headerValues)) if (random() < 0.3) headers[name] = pick(random, values);
  return { method, path: spared, headers, body: anyBody(random) };
}

const headerValues: Record<string, readonly [string, ...string[]]> = {
  'x-ms-documentdb-partitionkey': [
    '["f"]',
    '["f"]',
    '["f"]',
    '[',
    'null',
    '[{}]',
    '[[1]]',
    '["f","g"]',
    '[]',
    '{"a":1}',
    '[1e999]',
    '["\\u0000"]',
  ],
  'x-ms-documentdb-isquery': ['True', 'true', 'maybe'],
  'x-ms-documentdb-is-upsert': ['True', 'x'],
  'x-ms-cosmos-is-batch-request': ['True'],
  'x-ms-cosmos-batch-atomic': ['True', 'False'],
  'x-ms-cosmos-is-query-plan-request': ['True'],
  'x-ms-max-item-count': ['-1', '0', '1', 'NaN', '1e9', '-7', '99999999999999999999'],
  'x-ms-continuation': ['0', '-1', 'x', '{"a":', '9007199254740993', 'null', '[]', '{}'],
  'x-ms-session-token': ['0:-1#0', '0:-1#999999', 'x', '0:#', ',,,', ''],
  'a-im': ['Incremental Feed', 'Full-Fidelity Feed', 'x'],
  'if-none-match': ['*', '"0"', '"x"', '""', '"-1"', '"99999999999999999999"'],
  'if-match': ['*', '"x"', ''],
  'if-modified-since': ['yesterday', 'Wed, 25 Nov 2026 00:00:00 GMT', ''],
  'x-ms-start-epk': ['', '00', 'zz', 'FF'],
  'x-ms-end-epk': ['', '00', 'zz', 'FF'],
  'x-ms-consistency-level': ['Strong', 'Eventual', 'x'],
  'content-type': ['application/json', 'application/query+json', 'application/json-patch+json', 'text/plain'],
  prefer: ['return=minimal', 'x'],
};

function anyBody(random: Random): string | Buffer {
  const body = pick(random, bodies);
  if (random() < 0.5) return body;
  const bytes = Buffer.from(body);
  if (random() < 0.5) return bytes.subarray(0, Math.floor(random() * bytes.length));
  for (let times = 0; times < 3 && bytes.length > 0; times++)
    bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  return bytes;
}

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const bodies: readonly [string, ...string[]] = [
  '',
  'null',
  '[]',
  '{}',
  '1',
  '"text"',
  '{"id":1}',
  '{"id":"new","partition":"f"}',
  '{"id":"new","partition":"f"}',
  '{"id":"new","partition":{"x":1}}',
  '{"id":"","partition":"f"}',
  '{"id":"a/b","partition":"f"}',
  '{"__proto__":{"x":1},"id":"new","partition":"f"}',
  '{"id":"new","partition":"f","ttl":"soon"}',
  nested(500),
  nested(20_000),
  '['.repeat(50_000),
  '{"query":"SELECT * FROM c"}',
  '{"query":"SELECT"}',
  '{"query":1}',
  '{"query":"SELECT * FROM c WHERE c.a = @a","parameters":[{"name":"@a"}]}',
  '{"query":"SELECT * FROM c","parameters":{}}',
  '{"query":"SELECT * FROM c","parameters":[null,1]}',
  '[{"op":"set","path":"/a","value":1}]',
  '[{"op":"set"}]',
  '{"operations":[{"op":"add","path":"/__proto__/x","value":1}]}',
  '{"condition":"from c where","operations":[{"op":"set","path":"/a","value":1}]}',
  '{"condition":"; drop","operations":[{"op":"set","path":"/a","value":1}]}',
  '[{"operationType":"Create","resourceBody":{"id":"x","partition":"f"}}]',
  '[{"operationType":"Create"}]',
  '[{"operationType":"Read","id":"none"}]',
  '[{"operationType":"Nothing"}]',
  '[1,null]',
  '[{"operationType":"Create","partitionKey":"[","resourceBody":{"id":"x","partition":"f"}}]',
  '[{"operationType":"Patch","id":"x","resourceBody":[]}]',
  '\u0081\u0000\u0000',
  '{"content":{"offerThroughput":-1}}',
];
