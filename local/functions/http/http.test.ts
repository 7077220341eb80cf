import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type SpawnedServer, spawnServer } from '../../spawn.ts';

let state: string;
let host: SpawnedServer;
const said: string[] = [];
const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${host.endpoint}/${path}`, init);
/** Waits for a line of the host's log, which comes by a pipe of its own. */
const told = async (line: RegExp): Promise<void> => {
  while (!said.some((one) => line.test(one))) await new Promise((resolve) => setTimeout(resolve, 10));
};
/** Sends a body of no stated length until the host answers. */
const sendUntilRefused = (path: string, chunk: number): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const request = httpRequest({ port: host.port, path, method: 'POST' }, (response) => {
      clearInterval(timer);
      response.resume();
      resolve(response.statusCode);
      request.destroy();
    });
    const timer = setInterval(() => request.write(Buffer.alloc(chunk)), 1);
    request.on('error', (error) => {
      clearInterval(timer);
      reject(error);
    });
  });
const answer = async (path: string): Promise<Record<string, unknown>> => (await get(path)).json() as never;

before(async () => {
  state = mkdtempSync(join(tmpdir(), 'functions-http-'));
  host = await spawnServer(
    'functions',
    {
      port: 0,
      state,
      app: fileURLToPath(new URL('../fixtures/http', import.meta.url)),
      settings: {
        GIVEN: 'a setting',
        YEARLY: '0 0 0 1 1 *',
        'AzureWebJobs.switchedOff.Disabled': 'true',
        AzureFunctionsJobHost__extensions__http__routePrefix: 'api',
        FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1000000',
      },
    },
    { log: (line) => said.push(line) },
  );
});
after(async () => {
  await host?.stop();
  rmSync(state, { recursive: true, force: true });
});

test('a route takes what is written out first, then what its constraint fits, then anything, then the rest', async () => {
  assert.equal((await answer('api/items/special'))['name'], 'special');
  assert.equal((await answer('api/ITEMS/Special'))['name'], 'special', 'in any case');
  assert.deepEqual((await answer('api/items/42'))['params'], { id: '42' });
  assert.deepEqual((await answer('api/items/4x'))['params'], { name: '4x' });
  assert.deepEqual((await answer('api/items/a/b%20c/'))['params'], { tail: 'a/b c' });
  assert.deepEqual((await answer('api/years'))['params'], {});
  assert.deepEqual((await answer('api/years/1987'))['params'], { year: '1987' });
  assert.equal((await get('api/years/2200')).status, 404);
  assert.deepEqual((await answer('api/pages'))['params'], { page: '1' });
  assert.deepEqual((await answer('api/reports/ward.j09.csv'))['params'], { name: 'ward.j09', extension: 'csv' });
  assert.equal((await answer('api/Patient/$export'))['name'], 'export');
});

test('an app setting comes before host.json', async () => {
  assert.equal((await get('v1/items/1')).status, 404);
  assert.equal((await get('api/items/1')).status, 200);
});

test('encoded segments are decoded, a slash within one stays encoded, and what is no encoding stays as it is', async () => {
  assert.deepEqual((await answer('api/items/a%2Fb'))['params'], { name: 'a%2Fb' });
  assert.deepEqual((await answer('api/items/%C3%A4'))['params'], { name: 'ä' });
  assert.deepEqual((await answer('api/items/%zz'))['params'], { name: '%zz' });
  assert.deepEqual((await answer('api/items/%ff'))['params'], { name: '%ff' });
  assert.equal((await get('api/items/%00')).status, 400);
  const asked = await answer('api/items/x?a=1&b=%C3%A4&a=2');
  assert.deepEqual(asked['query'], { a: '1,2', b: 'ä' });
  assert.equal(asked['url'], `${host.endpoint}/api/items/x?a=1&b=%C3%A4&a=2`);
});

test('every method reaches its function; HEAD has the headers and no body; GET and POST are the default', async () => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const response = await get('api/everything', { method, ...(/GET|OPTIONS/.test(method) ? {} : { body: 'four' }) });
    assert.equal(response.headers.get('x-method'), method);
    assert.equal(response.headers.get('x-body'), /GET|OPTIONS/.test(method) ? '0' : '4');
    assert.equal(await response.text(), 'the body');
  }
  const head = await get('api/everything', { method: 'HEAD' });
  assert.equal(head.headers.get('x-method'), 'HEAD');
  assert.equal(head.headers.get('content-length'), '8');
  assert.equal(await head.text(), '');
  assert.equal(await (await get('api/defaults', { method: 'POST' })).text(), 'POST');
  assert.equal((await get('api/defaults', { method: 'PUT' })).status, 404);
});

test('headers of host.json are on every answer; cookies are written in full', async () => {
  const response = await get('api/cookies');
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  assert.equal((await get('nowhere')).headers.get('x-content-type-options'), 'nosniff');
  assert.deepEqual(response.headers.getSetCookie(), [
    'a=b%20c; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict',
    'd=e; Domain=localhost; Expires=Wed, 02 Jan 2030 03:04:05 GMT; SameSite=None',
    'f=g',
  ]);
});

test('a function without a result is 204; one that throws, or returns no response, is 500 and tells nothing', async () => {
  assert.equal((await get('api/nothing')).status, 204);
  const bare = await get('api/noContent');
  assert.equal(bare.status, 204);
  assert.equal(await bare.text(), '');
  for (const name of ['throws', 'throwsNothing', 'badStatus', 'badResult']) {
    const response = await get(`api/${name}`);
    assert.equal(response.status, 500, name);
    assert.equal(await response.text(), '', name);
  }
  await told(/^error: throws: failed with Error at .*main\.ts:\d+/);
  assert.ok(!said.some((line) => line.includes('the message of an error')), 'messages may quote people');
});

test('a function that takes longer than functionTimeout is 500, and says so by name only', async () => {
  assert.equal((await get('api/slow')).status, 500);
  await told(/^error: slow: failed with FunctionTimeoutError/);
});

test('a body over the limit is 413, by its length or as it comes; one at the limit is taken', async () => {
  const post = (body: Uint8Array<ArrayBuffer>) => get('api/upload', { method: 'POST', body });
  assert.deepEqual(await (await post(new Uint8Array(1_000_000))).json(), { bytes: 1_000_000 });
  assert.equal((await post(new Uint8Array(1_000_001))).status, 413);
  assert.equal(await sendUntilRefused('/api/upload', 64 * 1024), 413);
  assert.equal((await get('api/defaults')).status, 200, 'the host lives on');
});

test('more requests than may wait are 429; the others have their turn', async () => {
  const statuses = await Promise.all(Array.from({ length: 16 }, async () => (await get('api/waits?ms=600')).status));
  assert.equal(statuses.filter((status) => status === 200).length, 12);
  assert.equal(statuses.filter((status) => status === 429).length, 4);
});

test('context.log has levels, which host.json lets through by category; log hooks change lines', async () => {
  const id = await (await get('api/logs')).text();
  assert.match(id, /^[0-9a-f-]{36}$/);
  const lines = () => said.filter((line) => /^\w+: logs: /.test(line));
  while (lines().length < 4) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(lines(), [
    'debug: logs: a debug line',
    "information: logs: an information line of { two: 'parts' }",
    'warning: logs: a warning',
    'error: logs: an error with a [redacted]',
  ]);
});

test('hooks see and change handlers, results and errors', async () => {
  const hooked = await get('api/hooked');
  assert.equal(hooked.status, 203);
  assert.deepEqual(await hooked.json(), { replaced: true, hooks: ['appStart'] });
  assert.equal(await (await get('api/rescued')).text(), 'rescued');
});

test('a trace of the caller goes on, with its state; without one, or with a wrong one, a new trace begins', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const went = await (await get('api/trace', { headers: { traceparent, tracestate: 'a=b' } })).json();
  assert.deepEqual(went, { traceParent: traceparent, traceState: 'a=b', attributes: {} });
  for (const headers of [{}, { traceparent: 'rubbish' }] as Record<string, string>[]) {
    const begun = (await (await get('api/trace', { headers })).json()) as { traceParent: string };
    assert.match(begun.traceParent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  }
});

test('settings are the environment of the app; a function that is switched off is not there', async () => {
  assert.deepEqual(await answer('api/settings'), ['a setting', `localhost:${host.port}`, 'node']);
  assert.equal((await get('api/switchedOff')).status, 404);
});

test('the start lists functions with their addresses', () => {
  assert.ok(said.includes('Functions:'));
  assert.ok(said.includes(`  named: [GET] ${host.endpoint}/api/items/{name}`));
  assert.ok(said.includes('  yearly: timerTrigger'));
  assert.ok(!said.some((line) => line.includes('switchedOff')));
});

test('the host shows at / that it runs', async () => {
  assert.match(await (await get('')).text(), /up and running/);
});

test('a key opens its own function, the host key all of them, the master key everything', async () => {
  const file = join(state, 'keys.json');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const keys = JSON.parse(readFileSync(file, 'utf8'));
  const status = async (path: string, key?: string): Promise<number> =>
    (await get(`api/${path}`, key === undefined ? {} : { headers: { 'x-functions-key': key } })).status;
  assert.equal(await status('needsFunctionKey'), 401);
  assert.equal(await status('needsFunctionKey', 'wrong'), 401);
  assert.equal(await status('needsFunctionKey', ''), 401);
  assert.equal(await status('needsFunctionKey', keys.functions.needsFunctionKey.default), 200);
  assert.equal(await status(`needsFunctionKey?code=${keys.functions.needsFunctionKey.default}`), 200);
  assert.equal(await status('otherFunctionKey', keys.functions.needsFunctionKey.default), 401);
  assert.equal(await status('otherFunctionKey', keys.functionKeys.default), 200);
  assert.equal(await status('needsMasterKey', keys.functionKeys.default), 401);
  assert.equal(await status('needsMasterKey', keys.masterKey), 200);
  assert.equal(await status('otherFunctionKey', keys.masterKey), 200);
});

test('the endpoints under /admin need the master key, tell the state, and manage keys', async () => {
  const { masterKey } = JSON.parse(readFileSync(join(state, 'keys.json'), 'utf8'));
  const admin = (path: string, init: RequestInit = {}) =>
    get(`admin/${path}`, { ...init, headers: { 'x-functions-key': masterKey } });
  assert.equal((await get('admin/host/status')).status, 401);
  assert.equal((await get('admin/functions/yearly', { method: 'POST' })).status, 401);
  assert.equal((await get('admin/host/ping')).status, 200);
  const status = (await (await admin('host/status')).json()) as Record<string, unknown>;
  assert.equal(status['state'], 'Running');
  assert.match(String(status['version']), /^4\./);
  const list = (await (await admin('functions')).json()) as { name: string; invoke_url_template: string | null }[];
  assert.equal(list.find(({ name }) => name === 'named')?.invoke_url_template, `${host.endpoint}/api/items/{name}`);
  assert.equal(list.find(({ name }) => name === 'yearly')?.invoke_url_template, null);
  assert.equal((await admin('functions/nobody')).status, 404);
  assert.equal((await admin('elsewhere')).status, 404);

  const made = await admin('functions/needsFunctionKey/keys/partner', { method: 'POST' });
  const { value } = (await made.json()) as { value: string };
  assert.equal((await get(`api/needsFunctionKey?code=${value}`)).status, 200);
  assert.equal((await admin('functions/needsFunctionKey/keys/partner', { method: 'DELETE' })).status, 204);
  assert.equal((await get(`api/needsFunctionKey?code=${value}`)).status, 401);
  assert.equal((await admin('functions/needsFunctionKey/keys/__proto__', { method: 'POST' })).status, 400);
});

test('a function is run by hand through /admin/functions', async () => {
  const { masterKey } = JSON.parse(readFileSync(join(state, 'keys.json'), 'utf8'));
  const run = (body: string) =>
    get('admin/functions/yearly', { method: 'POST', body, headers: { 'x-functions-key': masterKey } });
  assert.equal((await run('{"input":""}')).status, 202);
  assert.equal((await run('no JSON')).status, 400);
  assert.equal((await run('{"input":7}')).status, 400);
  let seen: { isPastDue: boolean; schedule: unknown; scheduleStatus: { next: string } }[] = [];
  for (let i = 0; i < 50 && seen.length === 0; i++) seen = (await answer('api/runs')) as never;
  assert.equal(seen[0]?.isPastDue, false);
  assert.deepEqual(seen[0]?.schedule, { adjustForDST: true });
  assert.match(String(seen[0]?.scheduleStatus.next), /-01-01T00:00:00\.000Z$/);
});
