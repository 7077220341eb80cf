import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendTogether } from './send-together.ts';

function setUp(refuse: (messages: readonly string[]) => boolean = () => false, isOfMessage = () => true) {
  const trips: string[][] = [];
  const send = sendTogether<string>(async (messages) => {
    trips.push([...messages]);
    await new Promise((resolve) => setImmediate(resolve));
    if (refuse(messages)) throw new Error('refused');
  }, isOfMessage);
  return { trips, send };
}

test('a caller alone goes at once', async () => {
  const { trips, send } = setUp();
  await send(['a']);
  await send(['b', 'c']);
  assert.deepEqual(trips, [['a'], ['b', 'c']]);
});

test('callers who come while something is on its way go together, in their order', async () => {
  const { trips, send } = setUp();
  await Promise.all([send(['a']), send(['b']), send(['c', 'd']), send(['e'])]);
  assert.deepEqual(trips, [['a'], ['b', 'c', 'd', 'e']]);
});

test('nobody is told that a message is stored before it is', async () => {
  const order: string[] = [];
  const send = sendTogether<string>(
    async (messages) => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`stored ${messages.join('')}`);
    },
    () => true,
  );
  await Promise.all(['a', 'b', 'c'].map((one) => send([one]).then(() => order.push(`told ${one}`))));
  assert.deepEqual(order, ['stored a', 'told a', 'stored bc', 'told b', 'told c']);
});

test('a message that is refused refuses its own caller alone', async () => {
  const { trips, send } = setUp((messages) => messages.includes('bad'));
  const outcomes = await Promise.allSettled([send(['a']), send(['b']), send(['bad']), send(['c'])]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(trips, [['a'], ['b', 'bad', 'c'], ['b'], ['bad'], ['c']]);
});

test('a failure that is of no message is told to everybody at once, without another trip each', async () => {
  const { trips, send } = setUp(
    () => true,
    () => false,
  );
  const outcomes = await Promise.allSettled([send(['a']), send(['b']), send(['c'])]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  assert.deepEqual(trips, [['a'], ['b', 'c']]);
});

test('after a failure the way is open again', async () => {
  let isDown = true;
  const { send } = setUp(() => isDown);
  await assert.rejects(send(['a']), /refused/);
  isDown = false;
  await send(['a']);
});
