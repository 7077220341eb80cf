import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SpawnedServer } from '../../spawn.ts';
import { type LocalHttpApp, startHttpApp } from '../fixtures/http-app.ts';

let app: LocalHttpApp;
let state: string;
let host: SpawnedServer;
let said: readonly string[];
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
  app = await startHttpApp();
  ({ host, state, said } = app);
});
after(() => app?.stop());

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
