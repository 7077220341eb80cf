import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../../fixtures/eventually.ts';
import { fuzz, seededRandom } from '../../fixtures/fuzz.ts';
import { everything, type LocalHub, openLocalHub, openSocket } from './support.ts';

/** What the unmodified client never sends, and limits that are this server's. */
let hub: LocalHub;
before(async () => {
  hub = await openLocalHub();
});
after(() => hub?.close());

test('a client that never acknowledges is cut off before it fills the memory', async () => {
  const { url } = await hub.service.getClientAccessToken({ userId: 'silent' });
  const { socket } = await openSocket(url, 'json.reliable.webpubsub.azure.v1');
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  for (let n = 0; n < 11; n++)
    await Promise.all(Array.from({ length: 100 }, () => hub.service.sendToUser('silent', { n })));
  assert.equal(await closed, 1008);
  assert.equal(await hub.service.userExists('silent'), false);
});

test('messages of a wrong size or type are refused with the service’s codes', async () => {
  await assert.rejects(hub.service.sendToAll('x'.repeat(1024 * 1024 + 1), { contentType: 'text/plain' }), {
    statusCode: 413,
  });
  await assert.rejects(hub.service.sendToAll({}, { messageTtlSeconds: 301 }), { statusCode: 400 });
  const { url } = await hub.service.getClientAccessToken({ roles: everything });
  const bad: readonly [string, number][] = [
    ['not json', 1008],
    ['[1]', 1008],
    ['{"type":"unknown"}', 1008],
    ['{"type":"ping","ackId":"x"}', 1008],
    ['x'.repeat(1024 * 1024 + 1), 1009],
  ];
  for (const [frame, code] of bad) {
    const { socket } = await openSocket(url, 'json.webpubsub.azure.v1');
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    socket.send(frame);
    assert.equal(await closed, code, frame.slice(0, 40));
  }
  const { socket, frames } = await openSocket(url, 'json.webpubsub.azure.v1');
  const frame = (ackId: number, more: object) => socket.send(JSON.stringify({ ackId, ...more }));
  frame(1, { type: 'joinGroup' });
  frame(2, { type: 'sendToGroup', group: 'g', dataType: 'text', data: 7 });
  frame(3, { type: 'sendToGroup', group: 'g', dataType: 'binary', data: '#' });
  frame(4, { type: 'sendToGroup', group: 'g', dataType: 'json', data: 1, stream: { streamId: 's' } });
  frame(5, { type: 'setGroupState', group: 'g' });
  await eventually('five refusals', () => frames.filter(({ type }) => type === 'ack').length === 5);
  assert.deepEqual(
    frames.slice(1).map(({ ackId, success, error }) => [ackId, success, (error as { name: string }).name]),
    [
      [1, false, 'BadRequest'],
      [2, false, 'BadRequest'],
      [3, false, 'BadRequest'],
      [4, false, 'NotSupported'],
      [5, false, 'NotSupported'],
    ],
  );
  socket.terminate();
});

test('whatever is sent over REST, the service answers and goes on', async () => {
  const token = await hub.identity.token('https://webpubsub.azure.com');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const api = `/api/hubs/${hub.name}`;
  const templates = [
    {
      method: 'POST',
      path: `${api}/:send?excluded=a&filter=userId%20eq%20'x'&messageTtlSeconds=5`,
      headers,
      body: { n: 1 },
    },
    { method: 'POST', path: `${api}/groups/g/:send`, headers, body: 'text' },
    { method: 'POST', path: `${api}/:addToGroups`, headers, body: { groups: ['a'], filter: `'b' in groups` } },
    { method: 'PUT', path: `${api}/permissions/sendToGroup/connections/c?targetName=g`, headers },
    { method: 'GET', path: `${api}/groups/g/connections?maxpagesize=2&continuationToken=0`, headers },
    { method: 'POST', path: `${api}/:generateToken?userId=u&role=r&minutesToExpire=5`, headers },
  ];
  const statuses = await fuzz({ port: hub.server.port, seed: 7, rounds: 300, templates });
  assert.ok((statuses.get(400) ?? 0) > 20);
  await hub.service.sendToAll({});
});

test('whatever a client sends, the others are served', async () => {
  const random = seededRandom(7);
  const witness = await hub.connect({ roles: everything });
  await witness.client.joinGroup('witness');
  const { url } = await hub.service.getClientAccessToken({ roles: everything });
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const odd = [null, -1, 1.5, '', 'x', [], {}, true, 'x'.repeat(2000), '__proto__'];
  for (let round = 0; round < 60; round++) {
    const { socket } = await openSocket(url, pick(['json.webpubsub.azure.v1', 'json.reliable.webpubsub.azure.v1']));
    for (let n = 0; n < 10; n++) {
      const frame: Record<string, unknown> = {
        type: pick([
          'joinGroup',
          'leaveGroup',
          'sendToGroup',
          'event',
          'invoke',
          'sequenceAck',
          'ping',
          'streamData',
          7,
        ]),
        ...{ group: 'g', event: 'e', ackId: n, dataType: 'json', data: {}, sequenceId: n, invocationId: 'i' },
      };
      frame[pick(Object.keys(frame))] = pick(odd);
      const text = JSON.stringify(frame);
      socket.send(random() < 0.1 ? text.slice(0, 20) : random() < 0.1 ? Buffer.from(text) : text);
    }
    socket.close();
  }
  await witness.client.sendToGroup('witness', 'still here', 'text');
  await eventually('the message', () => witness.group.some(({ data }) => data === 'still here'));
});
