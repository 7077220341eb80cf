import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../../fixtures/eventually.ts';
import { everything, openHub, plain, type TestClient, type TestHub } from './support.ts';

let hub: TestHub;
before(async () => {
  hub = await openHub();
});
after(() => hub?.close());

test('a server reaches everybody, a group, a user and one connection, in every data type', async () => {
  const ada = await hub.connect({ userId: 'ada', groups: ['ward'] });
  const bob = await hub.connect({ userId: 'bob' }, plain);
  await hub.service.sendToAll({ n: 1 });
  await hub.service.group('ward').sendToAll('to the ward', { contentType: 'text/plain' });
  await hub.service.sendToUser('bob', new Uint8Array([1, 255]).buffer);
  await hub.service.sendToConnection(ada.id, { only: 'ada' });
  await eventually(
    'all four messages',
    () => ada.server.length === 2 && ada.group.length === 1 && bob.server.length === 2,
  );
  assert.deepEqual(
    ada.server.map(({ data }) => data),
    [{ n: 1 }, { only: 'ada' }],
  );
  assert.deepEqual([ada.group[0]?.group, ada.group[0]?.dataType, ada.group[0]?.data], ['ward', 'text', 'to the ward']);
  assert.deepEqual([...new Uint8Array(bob.server[1]?.data as ArrayBuffer)], [1, 255]);
  assert.equal(bob.group.length, 0);
});

test('filters and exclusions choose who gets a message', async () => {
  const [first, second, third] = [
    await hub.connect({ userId: 'f-one', groups: ['filtered'] }),
    await hub.connect({ userId: 'f-two', groups: ['filtered'] }),
    await hub.connect({ userId: 'f-three', groups: ['filtered', 'other'] }),
  ];
  await hub.service.group('filtered').sendToAll({ n: 1 }, { filter: `userId ne 'f-one' and not ('other' in groups)` });
  await hub.service.group('filtered').sendToAll({ n: 2 }, { excludedConnections: [first.id, second.id] });
  await hub.service.group('filtered').sendToAll({ n: 3 });
  const numbers = ({ group }: TestClient) => group.map(({ data }) => (data as { n: number }).n);
  await eventually('the last message', () =>
    [first, second, third].every(({ group }) => group.some(({ data }) => (data as { n: number }).n === 3)),
  );
  assert.deepEqual([numbers(first), numbers(second), numbers(third)], [[3], [1, 3], [2, 3]]);
  await assert.rejects(hub.service.sendToAll({}, { filter: 'nonsense eq 1' }), { statusCode: 400 });
});

test('clients of a group talk to each other as far as their roles go', async () => {
  const speaker = await hub.connect({ userId: 'speaker', roles: everything });
  const listener = await hub.connect({ roles: ['webpubsub.joinLeaveGroup.talk'] });
  await Promise.all([speaker.client.joinGroup('talk'), listener.client.joinGroup('talk')]);
  await speaker.client.sendToGroup('talk', { n: 1 }, 'json', { noEcho: true });
  await speaker.client.sendToGroup('talk', 'two', 'text');
  await eventually('both messages', () => listener.group.length === 2 && speaker.group.length === 1);
  assert.deepEqual(
    listener.group.map(({ data, fromUserId }) => [data, fromUserId]),
    [
      [{ n: 1 }, 'speaker'],
      ['two', 'speaker'],
    ],
  );
  await assert.rejects(listener.client.sendToGroup('talk', 'x', 'text'), /Failed to send/);
  await assert.rejects(listener.client.joinGroup('other'), /Failed to send/);
  await listener.client.leaveGroup('talk');
  await speaker.client.sendToGroup('talk', 'three', 'text');
  await eventually('the echo', () => speaker.group.length === 2);
  assert.equal(listener.group.length, 2);
});

test('a repeated ackId is acknowledged and not done twice', async () => {
  const { client, group } = await hub.connect({ roles: everything });
  await client.joinGroup('once');
  await client.sendToGroup('once', 'a', 'text', { ackId: 77 });
  const second = await client.sendToGroup('once', 'a', 'text', { ackId: 77 });
  assert.equal(second.isDuplicated, true);
  await client.sendToGroup('once', 'b', 'text');
  await eventually('the second message', () => group.length === 2);
  assert.deepEqual(
    group.map(({ data }) => data),
    ['a', 'b'],
  );
});
