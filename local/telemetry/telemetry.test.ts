import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { fuzz } from '../fixtures/fuzz.ts';
import { type SpawnedServer, spawnServer } from '../spawn.ts';
import { localCertificate } from '../tls.ts';

let state: string;
let server: SpawnedServer;
let authority: string;
let ca: string;
let options: Record<string, unknown>;

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'telemetry-test-'));
  const tls = await localCertificate(state);
  authority = tls.ca;
  ca = readFileSync(authority, 'utf8');
  options = { port: 0, state: join(state, 'telemetry'), tls, kept: 50 };
  server = await spawnServer('telemetry', options);
  options['port'] = server.port;
});
after(async () => {
  await server.stop();
  rmSync(state, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

function call(method: string, path: string, body: string | Buffer = '', headers = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.endpoint}${path}`, { method, ca, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
const track = (body: string | Buffer, headers = {}): Promise<Answer> => call('POST', '/v2.1/track', body, headers);
const query = async (parameters: Record<string, string>): Promise<Record<string, unknown>[]> =>
  (await call('GET', `/query?${new URLSearchParams(parameters)}`)).body as Record<string, unknown>[];
const item = (operation: string, more: object = {}, time = '2026-01-01T00:00:00Z') => ({
  time,
  name: 'n',
  tags: { 'ai.operation.id': operation },
  data: { baseType: 'MessageData', baseData: { message: 'm', properties: { form: 'f1' }, ...more } },
});

test('what the unmodified client sends is kept and found', async () => {
  const connection = `InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=${server.endpoint}/;LiveEndpoint=${server.endpoint}/`;
  const script = join(import.meta.dirname, '../fixtures/send-telemetry.ts');
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, connection],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        NODE_EXTRA_CA_CERTS: authority,
        APPLICATIONINSIGHTS_STATSBEAT_DISABLED: 'true',
        APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'true',
        APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
      },
    },
  );
  assert.equal(status, 0, stderr);
  const [line] = await query({ attribute: 'test=trace' });
  assert.match(JSON.stringify(line), /"message":"a line of this test"/);
  assert.equal((await query({ attribute: 'test=event' })).length, 1);
  await server.kill();
  server = await spawnServer('telemetry', options);
  assert.equal((await query({ attribute: 'test=event' })).length, 1);
});

test('items are found by trace, attribute, kind and time, in the order of time', async () => {
  const items = [item('t1', {}, '2026-03-01T00:00:02Z'), item('t1', {}, '2026-03-01T00:00:01Z'), item('t2')];
  assert.deepEqual(await track(JSON.stringify(items)), {
    status: 200,
    body: { itemsReceived: 3, itemsAccepted: 3, errors: [] },
  });
  const lines = items.map((one) => JSON.stringify({ ...one, tags: { 'ai.operation.id': 't3' } })).join('\n');
  assert.equal((await track(gzipSync(lines), { 'content-encoding': 'gzip' })).status, 200);
  const times = (await query({ operation: 't1' })).map(({ time }) => time);
  assert.deepEqual(times, ['2026-03-01T00:00:01Z', '2026-03-01T00:00:02Z']);
  assert.equal((await query({ operation: 't3' })).length, 3);
  assert.equal((await query({ operation: 't1', since: '2026-03-01T00:00:02Z' })).length, 1);
  assert.equal((await query({ attribute: 'form=f1', operation: 't2', kind: 'MessageData' })).length, 1);
  assert.equal((await query({ attribute: 'form=f1', kind: 'RequestData' })).length, 0);
  assert.equal((await query({ operation: 't3', limit: '2' })).length, 2);
});

test('the oldest items go when there are too many', async () => {
  for (let n = 0; n < 12; n++)
    await track(
      JSON.stringify(Array.from({ length: 100 }, (_, m) => item(`many-${n}-${m}`, { properties: { many: 'x' } }))),
    );
  const left = await query({ attribute: 'many=x' });
  assert.ok(left.length >= 50 && left.length <= 1150, String(left.length));
  assert.equal((await query({ operation: 'many-11-99' })).length, 1);
  assert.equal((await query({ operation: 't1' })).length, 0);
});

test('a malformed item is refused alone, a malformed request whole', async () => {
  const mixed = await track(JSON.stringify([item('mixed'), { time: 'x' }, null]));
  assert.equal(mixed.status, 206);
  const { itemsAccepted, errors } = mixed.body as { itemsAccepted: number; errors: { index: number }[] };
  assert.deepEqual([itemsAccepted, errors.map(({ index }) => index)], [1, [1, 2]]);
  assert.equal((await query({ operation: 'mixed' })).length, 1);
  for (const body of ['', '{', '[', '7', 'null', '[{"time":"2026-01-01T00:00:00Z","data":{"baseType":1}}]'])
    assert.equal((await track(body)).status, 400, body);
  assert.equal((await track('no gzip', { 'content-encoding': 'gzip' })).status, 400);
  assert.equal((await track(gzipSync(Buffer.alloc(65 * 1024 * 1024)), { 'content-encoding': 'gzip' })).status, 413);
  assert.equal((await call('POST', '/elsewhere')).status, 404);
  for (const wrong of ['operations=1', 'limit=0', 'since=yesterday', 'attribute=name'])
    assert.equal((await call('GET', `/query?${wrong}`)).status, 400, wrong);
});

test('whatever is sent, the sink answers and goes on', async () => {
  const templates = [
    { method: 'POST', path: '/v2.1/track', body: [item('fuzzed')] },
    { method: 'GET', path: '/query?operation=t1&attribute=a=b&limit=5' },
  ];
  const statuses = await fuzz({ port: server.port, ca, seed: 7, rounds: 200, templates });
  assert.ok((statuses.get(400) ?? 0) > 50);
  assert.equal((await track(JSON.stringify([item('after')]))).status, 200);
});
