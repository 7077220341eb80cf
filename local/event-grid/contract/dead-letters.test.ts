import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../../fixtures/eventually.ts';
import { agreeable, type TestWebhook } from '../../fixtures/webhook.ts';
import { cloudEvent, deadLetterTo, type LocalTopics, nameOf, openLocalTopics } from './support.ts';

/** The container is this machine's own, and the schedule short. */
let on: LocalTopics;
before(async () => {
  on = await openLocalTopics();
});
after(() => on?.close());

async function deadLetters(prefix: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  const container = on.blobs.getContainerClient('dead');
  for await (const { name } of container.listBlobsFlat({ prefix })) {
    assert.match(name, /^SUB-\d+\/\d{4}\/[1-9]\d?\/[1-9]\d?\/\d+\/[0-9a-f-]{36}\.json$/);
    found.push(...JSON.parse((await container.getBlobClient(name).downloadToBuffer()).toString()));
  }
  return found;
}

test('what cannot be delivered lies in blob storage with the reason', async (context) => {
  const refuse =
    (status: number): TestWebhook['answer'] =>
    (request) =>
      request.method === 'OPTIONS' || request.headers['aeg-event-type'] !== 'Notification'
        ? agreeable(request)
        : { status };
  const hopeless = await on.subscribe(context, 'cloud', deadLetterTo('dead'), refuse(400));
  const exhausted = await on.subscribe(
    context,
    'grid',
    { ...deadLetterTo('dead'), retryPolicy: { maxDeliveryAttempts: 2, eventTimeToLiveInMinutes: 5 } },
    refuse(404),
  );
  await on.cloudEvents.send([cloudEvent({ id: 'hopeless' })]);
  await on.gridEvents.send([{ id: 'exhausted', eventType: 'T', subject: 's', dataVersion: '1', data: {} }]);
  const found = (hook: TestWebhook) =>
    eventually('a dead letter', async () => (await deadLetters(`${nameOf(hook).toUpperCase()}/`))[0]);
  const first = await found(hopeless);
  assert.equal(first['id'], 'hopeless');
  assert.equal(first['deadletterreason'], 'UndeliverableDueToHttpBadRequest');
  assert.deepEqual(
    [first['deliveryattempts'], first['lastdeliveryoutcome'], first['lasthttpstatuscode']],
    [1, 'BadRequest', 400],
  );
  assert.ok(Date.parse(String(first['publishtime'])) <= Date.parse(String(first['lastdeliveryattempttime'])));
  const second = await found(exhausted);
  assert.deepEqual(
    [second['id'], second['deadLetterReason'], second['deliveryAttempts'], second['lastDeliveryOutcome']],
    ['exhausted', 'MaxDeliveryAttemptsExceeded', 2, 'NotFound'],
  );
});
