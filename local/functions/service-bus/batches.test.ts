import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { Batches } from './batches.ts';

const message = (messageId: string) => ({ messageId, body: '' }) as ServiceBusReceivedMessage;
const gather = (limits: { smallest: number; largest: number; longestWait: number }) => {
  const handled: string[][] = [];
  const stopping = new AbortController();
  const batches = new Batches(
    limits,
    async (messages) => {
      handled.push(messages.map(({ messageId }) => String(messageId)));
    },
    stopping.signal,
  );
  const add = (...ids: string[]) => Promise.all(ids.map((id) => batches.add(message(id))));
  return { handled, add, stopping };
};

test('what arrives in one breath is one batch, in order, and no batch is larger than allowed', async () => {
  const { handled, add } = gather({ smallest: 1, largest: 3, longestWait: 0 });
  await add('a', 'b', 'c', 'd', 'e');
  assert.deepEqual(handled, [
    ['a', 'b', 'c'],
    ['d', 'e'],
  ]);
});

test('a batch waits until it is large enough', async () => {
  const { handled, add } = gather({ smallest: 3, largest: 10, longestWait: 60_000 });
  const first = add('a', 'b');
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(handled, []);
  await Promise.all([first, add('c')]);
  assert.deepEqual(handled, [['a', 'b', 'c']]);
});

test('a batch that does not fill goes when its time is up, or when the host stops', async () => {
  const timely = gather({ smallest: 3, largest: 10, longestWait: 80 });
  await timely.add('a');
  assert.deepEqual(timely.handled, [['a']]);
  const stopped = gather({ smallest: 3, largest: 10, longestWait: 60_000 });
  const waiting = stopped.add('a');
  stopped.stopping.abort();
  await waiting;
  assert.deepEqual(stopped.handled, [['a']]);
});
