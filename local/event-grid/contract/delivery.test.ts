import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { agreeable } from '../../fixtures/webhook.ts';
import { cloudEvent, delivered, destination, nameOf, openTopics, type TestTopics } from './support.ts';

let on: TestTopics;
before(async () => {
  on = await openTopics();
});
after(() => on?.close());

test('a CloudEvent arrives whole, alone, with its trace and the headers of a delivery', async (context) => {
  const hook = await on.subscribe(context, 'cloud');
  const time = new Date('2026-01-02T03:04:05Z');
  await on.cloudEvents.send([cloudEvent({ id: 'one', time, extensionAttributes: { traceparent: '00-abc-def-01' } })]);
  const [got] = await delivered(hook, 1);
  assert.deepEqual(JSON.parse(got?.body ?? ''), {
    specversion: '1.0',
    id: 'one',
    type: 'test.happened',
    source: '/tests',
    subject: 'a/b',
    time: time.toISOString(),
    traceparent: '00-abc-def-01',
    datacontenttype: 'application/json',
    data: { n: 1 },
  });
  assert.match(got?.headers['content-type'] ?? '', /^application\/cloudevents\+json/);
  assert.equal(got?.headers['aeg-delivery-count'], '0');
  assert.equal(got?.headers['aeg-subscription-name'], nameOf(hook).toUpperCase());
});

test('binary data arrives as data_base64', async (context) => {
  const hook = await on.subscribe(context, 'cloud');
  const event = cloudEvent({ data: Uint8Array.from([0, 255]), datacontenttype: 'application/octet-stream' });
  await on.cloudEvents.send([event]);
  const [got] = await delivered(hook, 1);
  assert.equal(JSON.parse(got?.body ?? '').data_base64, 'AP8=');
});

test('an event of the Event Grid schema arrives in an array, stamped with its topic', async (context) => {
  const hook = await on.subscribe(context, 'grid');
  await on.gridEvents.send([{ id: 'g1', eventType: 'T', subject: 's', dataVersion: '1.2', data: { n: 1 } }]);
  const [got] = await delivered(hook, 1);
  const [event, ...rest] = JSON.parse(got?.body ?? '');
  assert.equal(rest.length, 0);
  assert.match(event.topic, /\/providers\/Microsoft\.EventGrid\/topics\/[^/]+$/i);
  assert.deepEqual([event.id, event.eventType, event.metadataVersion, event.data.n], ['g1', 'T', '1', 1]);
  assert.equal(got?.headers['aeg-data-version'], '1.2');
});

test('a subscription may take the Event Grid schema as CloudEvents, not the other way round', async (context) => {
  const hook = await on.subscribe(context, 'grid', { eventDeliverySchema: 'CloudEventSchemaV1_0' });
  await on.gridEvents.send([{ id: 'g2', eventType: 'T', subject: 's', dataVersion: '1', data: { n: 2 } }]);
  const [got] = await delivered(hook, 1);
  const { specversion, id, type, subject, data } = JSON.parse(got?.body ?? '');
  assert.deepEqual([specversion, id, type, subject, data], ['1.0', 'g2', 'T', 's', { n: 2 }]);
  const properties = { ...destination(hook.url), eventDeliverySchema: 'EventGridSchema' };
  const refused = await on.manage('PUT', 'cloud', 'other-schema', { properties });
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /cannot be made/);
});

test('filters choose by type, subject and content', async (context) => {
  const hook = await on.subscribe(context, 'cloud', {
    filter: {
      includedEventTypes: ['Bed.Moved'],
      subjectBeginsWith: 'encounter/',
      subjectEndsWith: '/final',
      advancedFilters: [{ operatorType: 'StringIn', key: 'data.ward', values: ['j09'] }],
    },
  });
  const event = (id: string, more: object) =>
    cloudEvent({ id, type: 'bed.moved', subject: 'Encounter/1/final', data: { ward: 'J09' }, ...more });
  await on.cloudEvents.send([
    event('other-type', { type: 'bed.made' }),
    event('other-start', { subject: 'Patient/1/final' }),
    event('other-end', { subject: 'Encounter/1/draft' }),
    event('other-ward', { data: { ward: 'J10' } }),
    event('wanted', {}),
  ]);
  const got = await delivered(hook, 1);
  assert.deepEqual(
    got.map(({ body }) => JSON.parse(body).id),
    ['wanted'],
  );
});

test('a subject is compared with regard to case where the subscription says so', async (context) => {
  const hook = await on.subscribe(context, 'cloud', {
    filter: { subjectBeginsWith: 'Encounter/', isSubjectCaseSensitive: true },
  });
  await on.cloudEvents.send([cloudEvent({ id: 'lower', subject: 'encounter/1' })]);
  await on.cloudEvents.send([cloudEvent({ id: 'exact', subject: 'Encounter/1' })]);
  const got = await delivered(hook, 1);
  assert.deepEqual(
    got.map(({ body }) => JSON.parse(body).id),
    ['exact'],
  );
});

test('batches hold what waits, up to the size that was asked for', async (context) => {
  const hook = await on.subscribe(context, 'cloud', {}, agreeable, {
    maxEventsPerBatch: 4,
    preferredBatchSizeInKilobytes: 64,
  });
  await on.cloudEvents.send(Array.from({ length: 10 }, (_, n) => cloudEvent({ id: `b${n}` })));
  const got = await delivered(hook, 3);
  const sizes = got.map(({ body }) => JSON.parse(body).length);
  assert.ok(sizes.every((size) => size <= 4));
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    10,
  );
  assert.match(got[0]?.headers['content-type'] ?? '', /^application\/cloudevents-batch\+json/);
});

test('a failed delivery comes again and counts; other subscriptions do not wait for it', async (context) => {
  let failures = 2;
  const failing = await on.subscribe(context, 'cloud', {}, (request) =>
    request.method === 'POST' && failures-- > 0 ? { status: 500 } : agreeable(request),
  );
  const healthy = await on.subscribe(context, 'cloud');
  await on.cloudEvents.send([cloudEvent({ id: 'again' })]);
  assert.equal((await delivered(healthy, 1)).length, 1);
  const attempts = await delivered(failing, 3);
  assert.deepEqual(
    attempts.map(({ headers }) => headers['aeg-delivery-count']),
    ['0', '1', '2'],
  );
  assert.deepEqual(new Set(attempts.map(({ body }) => JSON.parse(body).id)), new Set(['again']));
});
