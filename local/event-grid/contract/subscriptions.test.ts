import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cloudEvent, delivered, destination, nameOf, notifications, openTopics, type TestTopics } from './support.ts';

let on: TestTopics;
before(async () => {
  on = await openTopics();
});
after(() => on?.close());

test('an endpoint that does not agree gets no subscription', async () => {
  const deaf = await on.webhook(() => ({ status: 404 }));
  const refused = await on.manage('PUT', 'cloud', 'deaf-one', { properties: destination(deaf.url) });
  assert.equal(refused.status, 400);
  assert.equal(((await refused.json()) as { error: { code: string } }).error.code, 'URL validation');
  assert.equal((await on.manage('GET', 'cloud', 'deaf-one')).status, 404);
  const gone = await on.manage('PUT', 'cloud', 'gone-one', { properties: destination('http://localhost:9/hook') });
  assert.equal(gone.status, 400);
});

test('an endpoint may agree later by the address it was given; its events wait for that', async (context) => {
  for (const topic of ['cloud', 'grid'] as const) {
    const hook = await on.subscribe(context, topic, {}, () => ({ status: 200 }));
    const name = nameOf(hook);
    const shown = (await (await on.manage('GET', topic, name)).json()) as { properties: { provisioningState: string } };
    assert.equal(shown.properties.provisioningState, 'AwaitingManualAction');
    if (topic === 'cloud') await on.cloudEvents.send([cloudEvent()]);
    else await on.gridEvents.send([{ eventType: 'T', subject: 's', dataVersion: '1', data: {} }]);
    const [asked] = hook.requests;
    const confirm =
      topic === 'cloud'
        ? String(asked?.headers['webhook-request-callback'])
        : JSON.parse(asked?.body ?? '')[0].data.validationUrl;
    assert.equal((await fetch(confirm.replace(/code=.*/, 'code=wrong'))).status, 400);
    assert.equal(notifications(hook).length, 0);
    assert.equal((await fetch(confirm)).status, 200);
    assert.equal((await delivered(hook, 1)).length, 1);
  }
});

test('subscriptions are shown, replaced and removed', async (context) => {
  const hook = await on.subscribe(context, 'cloud');
  const name = nameOf(hook);
  const { value } = (await (await on.manage('GET', 'cloud')).json()) as { value: { name: string }[] };
  assert.ok(value.some((one) => one.name === name));
  const other = await on.webhook();
  assert.equal((await on.manage('PUT', 'cloud', name, { properties: destination(other.url) })).status, 201);
  await on.cloudEvents.send([cloudEvent({ id: 'to-the-new-one' })]);
  await delivered(other, 1);
  assert.equal(notifications(hook).length, 0);
  assert.equal((await on.manage('DELETE', 'cloud', name)).status, 200);
  assert.equal((await on.manage('DELETE', 'cloud', name)).status, 204);
  assert.equal((await on.manage('GET', 'cloud', name)).status, 404);
});
