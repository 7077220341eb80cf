import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { OrchestrationRuntimeStatus } from 'durable-functions';
import { type FixtureApp, openFixtureApp, startFixtureHost } from './fixtures/host.ts';

let host: FixtureApp;
before(async () => {
  host = await openFixtureApp();
});
after(() => host?.stop());

/** What an operator, or another system, would send with the URLs that it was handed. */
const managed = (id: string): Record<string, string> => ({ ...host.client.createHttpManagementPayload(id) });
const send = (url: string | undefined, method: string, body?: unknown): Promise<Response> =>
  fetch(String(url).replace('{text}', 'because').replace('{eventName}', 'Approval'), {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
const waiting = async (): Promise<string> => {
  const id = await host.start('race', 600_000);
  await host.until(id, ({ runtimeStatus }) => runtimeStatus === 'Running');
  return id;
};

test('the URLs that a starter hands out work from outside, and without their key they do not', async () => {
  const started = await host.ask('start/race', { method: 'POST', body: '600000' });
  assert.equal(started.status, 202);
  const urls = (await started.json()) as Record<string, string>;
  assert.equal(started.headers.get('location'), urls['statusQueryGetUri']);
  const id = String(urls['id']);
  const running = await send(urls['statusQueryGetUri'], 'GET');
  assert.equal(running.status, 202);
  assert.equal(((await running.json()) as { input: unknown }).input, 600_000);
  assert.equal((await send(urls['sendEventPostUri'], 'POST', 'yes')).status, 202);
  assert.deepEqual(await host.output(id), { approved: 'yes', next: 4 });
  assert.equal((await send(urls['statusQueryGetUri'], 'GET')).status, 200);
  const code = new URL(String(urls['statusQueryGetUri'])).searchParams.get('code') ?? '';
  for (const wrong of ['', code.slice(1), `${code}x`, 'x'.repeat(code.length)])
    assert.equal((await send(urls['statusQueryGetUri']?.replace(code, wrong), 'GET')).status, 401);
});

test('the key is one of the host’s: an operator gives it a new value, and the old one opens nothing', async () => {
  const local = await startFixtureHost();
  try {
    const { masterKey } = JSON.parse(readFileSync(join(local.state, 'keys.json'), 'utf8'));
    const urls = (await (await local.ask('start/race', { method: 'POST', body: '600000' })).json()) as Record<
      string,
      string
    >;
    const status = (): Promise<Response> => send(urls['statusQueryGetUri'], 'GET');
    assert.equal((await status()).status, 202);
    const renewed = await local.ask('admin/host/systemkeys/durabletask_extension', {
      method: 'POST',
      headers: { 'x-functions-key': masterKey },
    });
    assert.ok(renewed.ok, String(renewed.status));
    assert.equal((await status()).status, 401);
    const again = (await (await local.ask('start/race', { method: 'POST', body: '600000' })).json()) as Record<
      string,
      string
    >;
    assert.equal((await send(again['statusQueryGetUri'], 'GET')).status, 202);
  } finally {
    await local.stop();
  }
});

test('a starter may wait for the result', async () => {
  const response = await host.ask('start-and-wait/fanOut', { method: 'POST', body: '[1]' });
  assert.equal(response.status, 200);
  assert.deepEqual(((await response.json()) as { doubled: number[] }).doubled, [2]);
});

test('a suspended orchestration takes nothing until it is resumed', async () => {
  const id = await waiting();
  await host.client.suspend(id, 'a break');
  assert.equal((await host.client.getStatus(id)).runtimeStatus, 'Suspended');
  await host.client.raiseEvent(id, 'Approval', 'meanwhile');
  // Whatever another orchestration does in the meantime: this one stands.
  await host.output(await host.start('fanOut', [1]));
  assert.equal((await host.client.getStatus(id)).runtimeStatus, 'Suspended');
  await host.client.resume(id, 'on we go');
  assert.deepEqual(await host.output(id), { approved: 'meanwhile', next: 4 });
});

test('a terminated orchestration is over at once, with the reason as its output', async () => {
  const id = await waiting();
  await host.client.terminate(id, 'no longer wanted');
  const { runtimeStatus, output } = await host.over(id);
  assert.deepEqual([runtimeStatus, output], ['Terminated', 'no longer wanted']);
});

test('what is over takes no event, no suspension and no end', async () => {
  const id = await host.start('fanOut', [1]);
  await host.over(id);
  const urls = managed(id);
  assert.equal((await send(urls['sendEventPostUri'], 'POST', 1)).status, 410);
  for (const what of ['terminatePostUri', 'suspendPostUri', 'resumePostUri'])
    assert.equal((await send(urls[what], 'POST')).status, 410, what);
  assert.equal((await send(urls['rewindPostUri'], 'POST')).status, 412);
});

test('an unknown instance is 404, whatever is asked of it', async () => {
  const urls = managed('nobody');
  assert.equal((await send(urls['statusQueryGetUri'], 'GET')).status, 404);
  assert.equal((await send(urls['purgeHistoryDeleteUri'], 'DELETE')).status, 404);
  for (const what of ['sendEventPostUri', 'terminatePostUri', 'suspendPostUri', 'resumePostUri', 'rewindPostUri'])
    assert.equal((await send(urls[what], 'POST', 1)).status, 404, what);
  assert.equal((await send(urls['restartPostUri'], 'POST')).status, 400);
  await assert.rejects(host.client.getStatus('nobody'), /404/);
  assert.equal((await host.client.purgeInstanceHistory('nobody')).instancesDeleted, 0);
});

test('what cannot be started says why, and starts nothing', async () => {
  await assert.rejects(host.start('nothingOfTheKind'), /400.*doesn't exist/);
  await assert.rejects(host.start('fanOut', [1], '@entity@key'), /400.*instance id/);
  await assert.rejects(host.start('fanOut', [1], 'x'.repeat(101)), /400.*instance id/);
  const id = await waiting();
  await assert.rejects(host.start('race', 1, id), /409.*already exists/);
  const bad = managed('unused')['statusQueryGetUri']?.replace('instances/unused', 'orchestrators/fanOut/unused');
  assert.equal((await fetch(String(bad), { method: 'POST', body: '{"a":' })).status, 400);
  assert.equal((await send(managed('unused')['statusQueryGetUri'], 'GET')).status, 404);
});

test('an event has to be JSON', async () => {
  const id = await waiting();
  const url = managed(id)['sendEventPostUri']?.replace('{eventName}', 'Approval') ?? '';
  const json = { 'content-type': 'application/json' };
  assert.equal((await fetch(url, { method: 'POST', body: 'text' })).status, 400);
  assert.equal((await fetch(url, { method: 'POST', body: '{"a":', headers: json })).status, 400);
  assert.equal((await host.client.getStatus(id)).runtimeStatus, 'Running');
});

test('what is over may be started again under its own id or a new one', async () => {
  const id = await host.start('fanOut', [3], 'again');
  await host.over(id);
  const anew = await send(managed(id)['restartPostUri'], 'POST');
  assert.equal(anew.status, 202);
  const other = String(((await anew.json()) as { id: string }).id);
  assert.notEqual(other, id);
  assert.deepEqual(((await host.output(other)) as { doubled: number[] }).doubled, [6]);
  const same = await send(`${managed(id)['restartPostUri']}&restartWithNewInstanceId=false`, 'POST');
  assert.equal(((await same.json()) as { id: string }).id, id);
  assert.deepEqual(((await host.output(id)) as { doubled: number[] }).doubled, [6]);
});

test('a failed orchestration goes on where it failed, in its sub-orchestration too', async () => {
  const id = await host.start('heals');
  assert.equal((await host.over(id)).runtimeStatus, 'Failed');
  await host.over(`${id}-below`);
  await host.client.rewind(id, 'still broken');
  await host.over(id);
  assert.equal((await host.over(id)).runtimeStatus, 'Failed');
  await host.ask('heal', { method: 'POST' });
  await host.over(`${id}-below`);
  await host.client.rewind(id, 'healed');
  const { runtimeStatus, output } = await host.over(id);
  assert.equal(runtimeStatus, 'Completed');
  assert.deepEqual(output, { before: 1, outcomes: ['activity healed', 'child healed'], after: 2 });
});

test('statuses are found by time, status and prefix, in pages', async () => {
  const from = new Date();
  const ids = Array.from({ length: 5 }, (_, n) => `page-${n}`);
  for (const id of ids) await host.over(await host.start('fanOut', [1], id));
  const waits = await host.start('race', 600_000, 'page-waiting');
  const { Completed, Running, Pending } = OrchestrationRuntimeStatus;
  const since = await host.client.getStatusBy({ createdTimeFrom: from, createdTimeTo: new Date(), runtimeStatus: [] });
  assert.deepEqual(since.map(({ instanceId }) => instanceId).sort(), [...ids, waits]);
  const completed = await host.client.getStatusBy({ createdTimeFrom: from, runtimeStatus: [Completed] });
  assert.deepEqual(completed.map(({ instanceId }) => instanceId).sort(), ids);
  const open = await host.client.getStatusBy({ createdTimeFrom: from, runtimeStatus: [Running, Pending] });
  assert.deepEqual(
    open.map(({ instanceId }) => instanceId),
    [waits],
  );
  const all = managed('x')['statusQueryGetUri']?.replace('instances/x', 'instances') ?? '';
  const found: string[] = [];
  let token: string | null = '';
  while (token !== null) {
    const page: Response = await fetch(`${all}&instanceIdPrefix=page-&top=2`, {
      headers: { 'x-ms-continuation-token': token },
    });
    found.push(...((await page.json()) as { instanceId: string }[]).map(({ instanceId }) => instanceId));
    token = page.headers.get('x-ms-continuation-token');
  }
  assert.deepEqual(found, [...ids, waits]);
  assert.equal((await fetch(`${all}&createdTimeFrom=yesterday`)).status, 400);
  assert.equal((await fetch(`${all}&top=0`)).status, 400);
});

test('a history tells what was called and what came of it, results only where they are asked for', async () => {
  const id = await host.start('fanOut', [7]);
  await host.over(id);
  const url = `${managed(id)['statusQueryGetUri']}&showHistory=true`;
  const read = async (more: string) =>
    ((await (await fetch(url + more)).json()) as { historyEvents: Record<string, unknown>[] }).historyEvents;
  const silent = await read('');
  assert.deepEqual(
    silent.map(({ EventType, FunctionName = '' }) => `${EventType} ${FunctionName}`.trim()),
    [
      'ExecutionStarted fanOut',
      'TaskCompleted double',
      'TaskCompleted nothing',
      'TaskCompleted echo',
      'ExecutionCompleted',
    ],
  );
  assert.ok(silent.every((event) => !('Result' in event)));
  assert.equal((await read('&showHistoryOutput=true'))[1]?.['Result'], 14);
});

test('what is over can be purged, alone or by filter; what runs cannot', async () => {
  const id = await host.start('fanOut', [1]);
  await host.over(id);
  assert.equal((await host.client.purgeInstanceHistory(id)).instancesDeleted, 1);
  await assert.rejects(host.client.getStatus(id), /404/);
  const running = await waiting();
  await assert.rejects(host.client.purgeInstanceHistory(running), /412/);
  const from = new Date();
  for (const one of ['purge-1', 'purge-2']) await host.over(await host.start('fanOut', [1], one));
  const purgeNew = async () => (await host.client.purgeInstanceHistoryBy({ createdTimeFrom: from })).instancesDeleted;
  assert.deepEqual([await purgeNew(), await purgeNew()], [2, 0]);
  assert.equal((await host.client.getStatus(running)).runtimeStatus, 'Running');
});
