import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FixtureHost, startFixtureHost } from './fixtures/host.ts';

const seed = 4711;
const requests = 400;

let host: FixtureHost;
before(async () => {
  host = await startFixtureHost();
});
after(() => host?.stop());

const parts = [
  ...[
    'instances',
    'orchestrators',
    'entities',
    'INSTANCES',
    'fanOut',
    'race',
    'Account',
    'nobody',
    'fuzz',
    'raiseEvent',
  ],
  ...[
    'terminate',
    'suspend',
    'resume',
    'rewind',
    'restart',
    'Approval',
    '..',
    '.',
    '%',
    '%00',
    '%E0%A4%A',
    '%2F',
    '@a@b',
  ],
  ...['\u00e9', ' ', "'; DROP TABLE instances; --", 'x'.repeat(3000), '{"a":1}', '*', '~', '$'],
];
const queries = [
  ...[
    '',
    'op=add',
    'reason=%00',
    'createdTimeFrom=2026',
    'createdTimeFrom=never',
    'createdTimeTo=%20',
    'top=0',
    'top=-1',
  ],
  ...['top=1e9', 'top=NaN', 'runtimeStatus=Nothing,,', 'showHistory=true', 'showInput=maybe', 'instanceIdPrefix=%25'],
  ...['restartWithNewInstanceId=false', 'version=%F0%9F%98%80', 'timeout=0.01&pollingInterval=0.005', 'timeout=x'],
];
const bodies = [
  '',
  '{}',
  '[]',
  '"text"',
  'null',
  '{"a":',
  '[1]',
  '\u0000',
  '['.repeat(100_000),
  '1e999',
  '-',
  'true false',
];
const types = ['application/json', 'application/json; charset=utf-8', 'text/plain', '', 'x'.repeat(500)];
const tokens = ['', 'zzz', '\u00ff', 'a'.repeat(5000)];
const expected = new Set([200, 202, 400, 404, 409, 410, 412, 413]);

test(`${requests} requests that make no sense are answered as the extension answers, and the host lives (seed ${seed})`, async () => {
  let state = seed;
  const pick = <T>(list: readonly T[]): T => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return list[state % list.length] as T;
  };
  const { statusQueryGetUri } = host.client.createHttpManagementPayload('fuzz');
  const code = new URL(statusQueryGetUri).searchParams.get('code');
  for (let n = 0; n < requests; n++) {
    const method = pick(['GET', 'POST', 'DELETE', 'PUT', 'PATCH']);
    const path = Array.from({ length: 1 + (n % 5) }, () => pick(parts)).join('/');
    const url = `runtime/webhooks/durabletask/${path}?${pick(queries)}&code=${code}`;
    const body = method === 'GET' ? undefined : pick(bodies);
    const response = await host.ask(url, {
      method,
      ...(body === undefined ? {} : { body }),
      headers: { 'content-type': pick(types), 'x-ms-continuation-token': pick(tokens) },
      redirect: 'manual',
    });
    await response.arrayBuffer();
    const left = !new URL(response.url).pathname.startsWith('/runtime/webhooks/durabletask/');
    assert.ok(expected.has(response.status) || left, `${response.status} ${method} ${path} ${body?.slice(0, 40)}`);
  }
  assert.deepEqual(await host.output(await host.start('fanOut', [2])), { doubled: [4], guidIsStable: true });
});

test('a body that is too large is refused, and starts nothing', async () => {
  const { statusQueryGetUri } = host.client.createHttpManagementPayload('large');
  const start = statusQueryGetUri.replace('instances/large', 'orchestrators/fanOut/large');
  const response = await fetch(start, { method: 'POST', body: JSON.stringify('x'.repeat(17 * 1024 * 1024)) });
  assert.equal(response.status, 413);
  assert.equal((await fetch(statusQueryGetUri)).status, 404);
  await assert.rejects(host.start('fanOut', 'x'.repeat(17 * 1024 * 1024), 'large'));
  assert.equal((await fetch(statusQueryGetUri)).status, 404);
});
