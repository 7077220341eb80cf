import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FixtureApp, openFixtureApp } from './fixtures/host.ts';

let host: FixtureApp;
before(async () => {
  host = await openFixtureApp();
});
after(() => host?.stop());

const run = async (name: string, input?: unknown): Promise<unknown> => host.output(await host.start(name, input));

test('activities run in parallel, their results come in order, and a guid stays what it is', async () => {
  const id = await host.start('fanOut', [1, 2, 3, 4, 5]);
  const status = await host.over(id);
  assert.deepEqual(status.output, { doubled: [2, 4, 6, 8, 10], guidIsStable: true });
  assert.deepEqual(status.customStatus, { doubling: 5 });
  assert.equal(status.runtimeStatus, 'Completed');
});

test('values of all kinds go through an orchestration as they are', async () => {
  for (const value of [
    'text',
    '"quoted"',
    'é 漢 😀',
    0,
    1.5,
    true,
    false,
    null,
    [],
    { a: [{ b: null }] },
    '{"json": 1}',
  ])
    assert.deepEqual(await run('echoes', value), value);
});

test('what fails is tried again, two at a time, and what comes after it still works', async () => {
  assert.deepEqual(await run('retries', { times: 3, attempts: 5 }), { both: [3, 3], next: 8 });
});

test('a retry that gives up can be caught, and what comes after it still works', async () => {
  const outcome = (await run('retries', { times: 9, attempts: 2 })) as { failed: string; next: number };
  assert.match(outcome.failed, /Activity function 'flaky' failed: attempt 2 on purpose/);
  assert.equal(outcome.next, 8);
});

test('an error keeps the properties that the app asked for', async () => {
  const details = (await run('details')) as Record<string, unknown>;
  assert.equal(details['errorType'], 'Overdrawn');
  assert.equal(details['errorMessage'], 'by 5');
  assert.deepEqual(details['properties'], { missing: 5 });
});

test('an event wins against a timer, which is then cancelled', async () => {
  const id = await host.start('race', 60_000);
  await host.until(id, ({ runtimeStatus }) => runtimeStatus === 'Running');
  await host.client.raiseEvent(id, 'Approval', { by: 'me' });
  assert.deepEqual(await host.output(id), { approved: { by: 'me' }, next: 4 });
});

test('a timer wins against an event that never comes', async () => {
  assert.equal(await run('race', 30), 'timed out');
});

test('an event that is raised before anybody waits for it is not lost', async () => {
  const id = await host.start('race', 60_000);
  await host.client.raiseEvent(id, 'Approval', 'early');
  assert.deepEqual(await host.output(id), { approved: 'early', next: 4 });
});

test('one timer may stand in several races', async () => {
  const id = await host.start('challenges');
  for (const answer of ['a', 'b', 'c']) await host.client.raiseEvent(id, 'Answer', answer);
  assert.deepEqual(await host.output(id), { answers: ['a', 'b', 'c'], next: 6 });
});

test('sub-orchestrations answer their parent, with a result or with why they failed', async () => {
  const outcome = (await run('parent')) as { first: unknown; second: unknown; failed: string };
  assert.deepEqual(
    [outcome.first, outcome.second],
    [
      [2, true],
      [4, true],
    ],
  );
  assert.match(outcome.failed, /Sub-orchestration 'child' failed: .*negative/);
});

test('an orchestration that starts over keeps the events that it has not read', async () => {
  const id = await host.start('eternal');
  for (const next of ['1', '2', '3', '4', '5']) {
    await host.client.raiseEvent(id, 'Next', next);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await host.client.raiseEvent(id, 'Go', true);
  assert.deepEqual([...((await host.output(id)) as string[])].sort(), ['1', '2', '3', '4', '5']);
});

test('an orchestration starts over with a text as its input', async () => {
  assert.equal(await run('textOver', 'once'), 'again');
});

test('an error that nobody catches fails the orchestration', async () => {
  const status = await host.over(await host.start('fails'));
  assert.equal(status.runtimeStatus, 'Failed');
  assert.match(String(status.output), /Orchestrator function 'fails' failed: unhandled on purpose/);
});

test('an orchestrator that does something else on replay fails, and does not hang', async () => {
  const status = await host.over(await host.start('fickle'));
  assert.equal(status.runtimeStatus, 'Failed');
  assert.match(String(status.output), /Non-Deterministic workflow detected/);
});

test('a version is the one that was asked for, else the default', async () => {
  assert.equal(await run('version'), '1.0');
  assert.equal(await host.output(await host.client.startNew('version', { version: '2.1' })), '2.1');
});

test('an orchestration and its activities belong to the trace that started it', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const url = host.client.createHttpManagementPayload('traced').statusQueryGetUri;
  const response = await fetch(url.replace('instances/traced', 'orchestrators/trace/traced'), {
    method: 'POST',
    headers: { traceparent },
  });
  assert.equal(response.status, 202);
  assert.equal(await host.output('traced'), traceparent);
});

test('callHttp brings the answer; work that goes on elsewhere is asked for until it is done', async () => {
  const url = (id: string): string => `${host.endpoint}/job/${id}`;
  const polled = (await run('http', { method: 'POST', url: url('a'), body: { a: 1 } })) as Record<string, unknown>;
  assert.deepEqual([polled['statusCode'], polled['next']], [200, 2]);
  assert.deepEqual(JSON.parse(String(polled['content'])), { method: 'GET', asked: 3 });
  const once = (await run('http', { method: 'GET', url: url('b'), enablePolling: false })) as Record<string, unknown>;
  assert.deepEqual([once['statusCode'], once['next']], [202, 2]);
});

test('callHttp to nobody fails as an activity does', async () => {
  const status = await host.over(await host.start('http', { method: 'GET', url: 'http://localhost:9/' }));
  assert.equal(status.runtimeStatus, 'Failed');
  assert.match(String(status.output), /BuiltIn::HttpActivity/);
});
