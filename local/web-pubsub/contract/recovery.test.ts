import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../../fixtures/eventually.ts';
import { openHub, openSocket, type TestHub } from './support.ts';

let hub: TestHub;
before(async () => {
  hub = await openHub();
});
after(() => hub?.close());

test('a reliable client that was away gets what it missed, once, unless it has expired', async () => {
  const { url } = await hub.service.getClientAccessToken({ userId: 'away' });
  const reliable = 'json.reliable.webpubsub.azure.v1';
  const first = await openSocket(url, reliable);
  const connected = await eventually('the welcome', () => first.frames[0]);
  await hub.service.sendToUser('away', { n: 1 });
  await hub.service.sendToUser('away', { n: 2 });
  await eventually('two messages', () => first.frames.length === 3);
  first.socket.send(JSON.stringify({ type: 'sequenceAck', sequenceId: 1 }));
  first.socket.send(JSON.stringify({ type: 'ping' }));
  await eventually('the pong', () => first.frames.some(({ type }) => type === 'pong'));
  first.socket.terminate();
  await hub.service.sendToUser('away', { n: 3 });
  await hub.service.sendToUser('away', { n: 4 }, { messageTtlSeconds: 1 });
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const back = (token: string) =>
    openSocket(
      `${url.split('?')[0]}?awps_connection_id=${connected['connectionId']}&awps_reconnection_token=${token}`,
      reliable,
    );
  await assert.rejects(back('wrong'), /404/);
  const second = await back(String(connected['reconnectionToken']));
  await eventually('what was missed', () => second.frames.length >= 3);
  await hub.service.sendToUser('away', { n: 5 });
  await eventually('what came after', () => second.frames.length >= 4);
  assert.deepEqual(
    second.frames.slice(1).map(({ sequenceId, data }) => [sequenceId, (data as { n: number }).n]),
    [
      [2, 2],
      [3, 3],
      [5, 5],
    ],
  );
  assert.equal(second.frames[0]?.['connectionId'], connected['connectionId']);
  second.socket.terminate();
});
