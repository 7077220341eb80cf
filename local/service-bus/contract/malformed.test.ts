import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { connectionString, openLocalNamespace, sharedAccessSignature, type TestNamespace } from './support.ts';

// What no client sends: only for the local namespace, Azure is not ours to attack.
let space: TestNamespace;
before(async () => {
  space = await openLocalNamespace();
  await space.administration.createQueue('q', { requiresSession: false });
  await space.administration.createQueue('s', { requiresSession: true });
});
after(() => space.close());

const port = (): number => space.server?.port ?? 0;

/** Numbers from 0 to below `limit` that a seed decides (mulberry32). */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** What the unmodified client says while it sends, receives, settles and manages. */
async function record(): Promise<Buffer[]> {
  const said: Buffer[] = [];
  const proxy = createServer((client) => {
    const upstream = connect(port(), '127.0.0.1');
    client.on('data', (bytes) => said.push(bytes));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => {});
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  const client = new ServiceBusClient(connectionString(typeof address === 'object' ? (address?.port ?? 0) : 0));
  const sender = client.createSender('q');
  const batch = await sender.createMessageBatch();
  for (let n = 0; n < 3; n++) batch.tryAddMessage({ body: n, applicationProperties: { n, text: 'x'.repeat(40) } });
  await sender.sendMessages(batch);
  await sender.scheduleMessages({ body: 'later' }, new Date(Date.now() + 3600_000));
  const receiver = client.createReceiver('q');
  const [first, second] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  if (first) await receiver.completeMessage(first);
  if (second) await receiver.deadLetterMessage(second, { deadLetterReason: 'r', deadLetterErrorDescription: 'd' });
  await receiver.peekMessages(2);
  await client.createSender('s').sendMessages({ body: 1, sessionId: 'a' });
  const session = await client.acceptSession('s', 'a');
  await session.setSessionState('state');
  await client.close();
  proxy.close();
  return said;
}

type Mutation = (bytes: Buffer, pick: (limit: number) => number) => Buffer;
const interesting = [0x00, 0x40, 0x45, 0x53, 0x80, 0xa0, 0xb0, 0xc0, 0xd0, 0xd1, 0xe0, 0xf0, 0xff];
const mutations: readonly Mutation[] = [
  (bytes, pick) => {
    const copy = Buffer.from(bytes);
    for (let n = pick(4) + 1; n > 0; n--) copy[pick(copy.length)] = pick(256);
    return copy;
  },
  (bytes, pick) => {
    const copy = Buffer.from(bytes);
    copy[pick(copy.length)] = interesting[pick(interesting.length)] ?? 0;
    return copy;
  },
  (bytes, pick) => bytes.subarray(0, pick(bytes.length)),
  (bytes, pick) => {
    const at = pick(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from([pick(256), pick(256)]), bytes.subarray(at)]);
  },
  (bytes, pick) => {
    const at = pick(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + pick(8))]);
  },
  (bytes, pick) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32BE(0xffff_fff0 + pick(15), pick(copy.length - 4));
    return copy;
  },
];

/** Says something, and gives the server a moment to make of it what it can. */
async function say(chunks: readonly Buffer[]): Promise<void> {
  const socket = connect(port(), '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  const closed = once(socket, 'close');
  for (const chunk of chunks) socket.write(chunk);
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 40))]);
  socket.destroy();
  await closed;
}

async function stillServes(): Promise<void> {
  const client = new ServiceBusClient(connectionString(port()), {
    retryOptions: { maxRetries: 0, timeoutInMs: 30_000 },
  });
  const session = `after-${performance.now()}`;
  await client.createSender('s').sendMessages({ body: 'alive', sessionId: session });
  const receiver = await client.acceptSession('s', session, { receiveMode: 'receiveAndDelete' });
  assert.equal((await receiver.receiveMessages(1, { maxWaitTimeInMs: 20_000 }))[0]?.body, 'alive');
  await client.close();
}

test('no mutation of what a client says crashes the server or stops it', async () => {
  const pick = random(20_251_125);
  const said = await record();
  const whole = Buffer.concat(said);
  const attempts = Array.from({ length: 600 }, (_, n) => {
    const mutate = mutations[n % mutations.length];
    return mutate === undefined ? whole : mutate(whole, pick);
  });
  const worker = async (): Promise<void> => {
    for (let bytes = attempts.pop(); bytes !== undefined; bytes = attempts.pop()) await say([bytes]);
  };
  await Promise.all(Array.from({ length: 12 }, worker));
  await stillServes();
  assert.equal(space.server?.child.exitCode, null);
});

test('noise instead of a protocol is hung up on', async () => {
  const pick = random(7);
  for (let n = 0; n < 40; n++) {
    const noise = Buffer.from(Array.from({ length: 1 + pick(300) }, () => pick(256)));
    await say([n % 2 === 0 ? noise : Buffer.concat([Buffer.from('AMQP\x00\x01\x00\x00', 'latin1'), noise])]);
  }
  await stillServes();
});

const amqp = Buffer.from('AMQP\x00\x01\x00\x00', 'latin1');
const frame = (body: number[]): Buffer => {
  const bytes = Buffer.from([0, 0, 0, 0, 2, 0, 0, 0, ...body]);
  bytes.writeUInt32BE(bytes.length);
  return bytes;
};

test('a few bytes that announce billions of items, or endless frames, cost nothing', async () => {
  const open = [0, 0x53, 0x10, 0xd0, 0, 0, 0, 20, 0, 0, 0, 1];
  // An array of 2^32-1 nulls, and a frame of almost 4 GB.
  await say([amqp, frame([...open, 0xf0, 0, 0, 0, 9, 0xff, 0xff, 0xff, 0xff, 0x40])]);
  await say([amqp, Buffer.from([0xff, 0xff, 0xff, 0xf0, 2, 0, 0, 0])]);
  // Values nested without end.
  await say([amqp, frame([0, 0x53, 0x10, ...Array.from({ length: 50_000 }, () => 0)])]);
  await stillServes();
});

test('the administration answers malformed requests', async () => {
  const base = String(space.server?.facts['administration']);
  const authorization = sharedAccessSignature(`${base}/`);
  const entry = (content: string): string =>
    `<entry xmlns="http://www.w3.org/2005/Atom"><content>${content}</content></entry>`;
  const bodies = [
    '',
    '<a',
    '<a></b>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    '<a>'.repeat(100),
    entry('<QueueDescription>'),
  ];
  const wrong = [
    '<LockDuration>soon</LockDuration>',
    '<MaxDeliveryCount>-1</MaxDeliveryCount>',
    '<Nonsense>1</Nonsense>',
  ];
  bodies.push(...wrong.map((property) => entry(`<QueueDescription>${property}</QueueDescription>`)));
  for (const body of bodies) {
    const { status } = await fetch(`${base}/new`, { method: 'PUT', body, headers: { authorization } });
    assert.equal(status, 400, body.slice(0, 80));
  }
  for (const path of ['/', '/%', '/%00', `/${'x'.repeat(300)}`, '/a/subscriptions//rules/b', '/$Resources/queues'])
    for (const method of ['PUT', 'DELETE', 'POST']) {
      const body = method === 'DELETE' ? null : entry('<QueueDescription/>');
      const { status } = await fetch(`${base}${path}`, { method, body, headers: { authorization } });
      assert.ok(status >= 400 && status < 500, `${method} ${path}: ${status}`);
    }
  const odd = await fetch(`${base}/$Resources/queues?$skip=-1`, { headers: { authorization } });
  assert.equal(odd.status, 400);
  await stillServes();
});
