import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fuzz } from '../../fixtures/fuzz.ts';
import { cloudEvent, deadLetterTo, delivered, destination, type LocalTopics, openLocalTopics } from './support.ts';

/** What the local server says in words of its own, and what the unmodified client never sends. */
let on: LocalTopics;
before(async () => {
  on = await openLocalTopics();
});
after(() => on?.close());

test('a subscription that cannot work here is refused with what to change', async () => {
  const good = destination('http://localhost:1/hook');
  const refused: readonly [unknown, RegExp][] = [
    [undefined, /properties must be an object/],
    [{}, /destination must be an object/],
    [{ destination: { endpointType: 'ServiceBusQueue' } }, /ServiceBusQueue.* is not supported/],
    [destination('https://example.org/hook'), /this machine/],
    [destination('ftp://localhost/hook'), /this machine/],
    [destination('http://localhost:1/', { maxEventsPerBatch: 5001 }), /1 to 5000/],
    [
      destination('http://localhost:1/', { deliveryAttributeMappings: [] }),
      /deliveryAttributeMappings is not supported/,
    ],
    [{ ...good, filter: { includedEventTypes: 'x' } }, /array of event types/],
    [{ ...good, retryPolicy: { maxDeliveryAttempts: 31 } }, /1 to 30/],
    [{ ...good, retryPolicy: { eventTimeToLiveInMinutes: 0 } }, /1 to 1440/],
    [{ ...good, ...deadLetterTo('dead', 'elsewhere') }, /local storage account/],
    [{ ...good, expirationTimeUtc: '2030-01-01' }, /expirationTimeUtc is not supported/],
  ];
  for (const [properties, message] of refused) {
    const response = await on.manage('PUT', 'cloud', 'refused-one', { properties });
    const text = await response.text();
    assert.equal(response.status, 400, text);
    assert.match(text, message);
  }
  assert.equal((await on.manage('PUT', 'cloud', 'x', { properties: good })).status, 400);
  assert.equal((await on.manage('PATCH', 'cloud', 'sub-one', { properties: good })).status, 405);
  const open = await fetch(on.resource('cloud'), { method: 'GET' });
  assert.equal(open.status, 401);
  const bearer = (audience: string) =>
    on.identity.token(audience).then((token) => ({ authorization: `Bearer ${token}` }));
  assert.equal(
    (await fetch(on.resource('cloud'), { headers: await bearer('https://management.azure.com') })).status,
    200,
  );
  assert.equal(
    (await fetch(on.resource('cloud'), { headers: await bearer('https://eventgrid.azure.net') })).status,
    401,
  );
});

test('what is malformed or too large is refused whole, with the service’s codes', async (context) => {
  const hook = await on.subscribe(context, 'cloud');
  const { key } = on.topics.cloud;
  const post = async (topic: string, body: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${on.server.endpoint}/${topic}/api/events`, {
      method: 'POST',
      headers: { 'aeg-sas-key': key, ...headers },
      body,
    });
    return { status: response.status, ...((await response.json()) as { error: { code: string; message: string } }) };
  };
  const good = { specversion: '1.0', id: '1', type: 't', source: 's' };
  const grid = { id: '1', subject: 's', eventType: 't', eventTime: '2026-01-01T00:00:00Z', dataVersion: '1' };
  const refused: readonly [string, unknown, RegExp][] = [
    ['cloud', '{', /not valid JSON/],
    ['cloud', [], /no event/],
    ['cloud', [good, 7], /event 1: it is not a JSON object/],
    ['cloud', [good, { ...good, specversion: '0.3' }], /event 1: specversion/],
    ['cloud', { ...good, id: '' }, /id must be a text/],
    ['cloud', { ...good, time: 'yesterday' }, /time must be/],
    ['cloud', { ...good, data: 1, data_base64: 'AA==' }, /data_base64/],
    ['cloud', { ...good, myAttribute: 1 }, /lower-case/],
    ['cloud', grid, /'CloudEventV10' schema/],
    ['cloud', Array(5001).fill(good), /at most 5000/],
    ['grid', good, /'EventGridEvent' schema/],
    ['grid', { ...grid, eventTime: undefined }, /eventTime/],
    ['grid', { ...grid, topic: '/elsewhere' }, /topic must be left out/],
    ['grid', { ...grid, metadataVersion: '2' }, /metadataVersion/],
  ];
  for (const [topic, body, message] of refused) {
    const { status, error } = await post(topic, typeof body === 'string' ? body : JSON.stringify(body));
    assert.equal(status, 400, String(message));
    assert.equal(error.code, 'BadRequest');
    assert.match(error.message, message);
  }
  const binary = await post('cloud', '{}', { 'ce-specversion': '1.0' });
  assert.match(binary.error.message, /binary content mode/);
  const large = JSON.stringify({ ...good, data: 'x'.repeat(1024 * 1024) });
  const tooLarge = await post('cloud', large);
  assert.deepEqual([tooLarge.status, tooLarge.error.code], [413, 'RequestEntityTooLarge']);
  assert.equal((await post('nowhere', '{}')).status, 404);
  assert.equal((await fetch(on.topics.cloud.endpoint, { headers: { 'aeg-sas-key': key } })).status, 404);
  await on.cloudEvents.send([cloudEvent({ id: 'last', data: { text: 'x'.repeat(1024 * 1024 - 400) } })]);
  const got = await delivered(hook, 1);
  assert.deepEqual(
    got.map(({ body }) => JSON.parse(body).id),
    ['last'],
  );
});

test('whatever is sent, the topics answer and go on', async (context) => {
  const hook = await on.subscribe(context, 'cloud', { filter: { includedEventTypes: ['the.last'] } });
  const headers = { 'aeg-sas-key': on.topics.cloud.key, 'content-type': 'application/cloudevents-batch+json' };
  const filter = {
    includedEventTypes: ['a'],
    subjectBeginsWith: 'b',
    advancedFilters: [{ operatorType: 'NumberInRange', key: 'data.n', values: [[1, 2]] }],
  };
  const templates = [
    { method: 'POST', path: '/cloud/api/events', headers, body: [{ ...cloudEvent(), id: 'x', specversion: '1.0' }] },
    {
      method: 'POST',
      path: '/grid/api/events',
      headers,
      body: [{ id: '1', subject: 's', eventType: 't', eventTime: '2026-01-01T00:00:00Z', dataVersion: '1', data: {} }],
    },
    {
      method: 'PUT',
      path: new URL(on.resource('cloud', 'fuzzed')).pathname,
      headers,
      body: { properties: { ...destination('http://localhost:9/none'), ...deadLetterTo('dead'), filter } },
    },
    { method: 'GET', path: new URL(on.resource('cloud')).pathname, headers },
    { method: 'GET', path: '/cloud/validate?id=a&code=b' },
  ];
  const statuses = await fuzz({ port: on.server.port, seed: 7, rounds: 300, templates });
  assert.ok((statuses.get(400) ?? 0) > 50);
  await on.cloudEvents.send([cloudEvent({ type: 'the.last' })]);
  await delivered(hook, 1);
});
