import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { type SpawnedServer, spawnServer } from '../../spawn.ts';
import type { EmulatorConfig } from '../index.ts';
import { connectionString, key, until } from './support.ts';

const unique = {
  RequiresDuplicateDetection: true,
  DuplicateDetectionHistoryTimeWindow: 'PT1H',
  MaxDeliveryCount: 2000,
};
const config: EmulatorConfig = {
  UserConfig: {
    Namespaces: [
      {
        Name: 'test',
        Queues: [{ Name: 'work', Properties: unique }, { Name: 'deep' }, { Name: 'kept', Properties: unique }],
      },
    ],
  },
};
let state: string;
let options: { port: number; administrationPort: number; state: string; key: string; config: EmulatorConfig };
let server: SpawnedServer;
before(async () => {
  state = mkdtempSync(join(tmpdir(), 'service-bus-durability-'));
  options = { port: 0, administrationPort: 0, state, key, config };
  server = await spawnServer('service-bus', options);
  options = { ...options, port: server.port };
});
after(async () => {
  await server.stop();
  rmSync(state, { recursive: true, force: true });
});

const open = (): ServiceBusClient =>
  new ServiceBusClient(connectionString(server.port), {
    retryOptions: { maxRetries: 0, timeoutInMs: 30_000 },
  });
const kills = 10;
/** Acknowledged messages before each kill. */
const perRound = 40;
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('ten kills under load: what was acknowledged is there, what was completed stays gone, duplicates are known', async () => {
  const acknowledged = new Set<string>();
  const completed = new Set<string>();
  /** Completion was asked for; a kill may have come between the deed and the answer. */
  const asked = new Set<string>();
  const cameBack: string[] = [];
  for (let round = 0; round < kills; round++) {
    const [sending, receiving] = [open(), open()];
    let running = true;
    const send = async (): Promise<void> => {
      const sender = sending.createSender('work');
      while (running) {
        const id = randomUUID();
        try {
          await sender.sendMessages({ body: id, messageId: id });
          acknowledged.add(id);
        } catch {
          return;
        }
      }
    };
    const receive = async (): Promise<void> => {
      const receiver = receiving.createReceiver('work', { maxAutoLockRenewalDurationInMs: 0 });
      while (running) {
        try {
          const messages = await receiver.receiveMessages(20, { maxWaitTimeInMs: 200 });
          for (const { body } of messages) if (completed.has(body)) cameBack.push(body);
          // Some are left to their locks, as by a receiver that dies.
          const settled = messages.filter((_, index) => index % 3 > 0);
          await Promise.all(
            settled.map(async (message) => {
              asked.add(message.body);
              await receiver.completeMessage(message);
              completed.add(message.body);
            }),
          );
        } catch {
          return;
        }
      }
    };
    const work = [send(), send(), send(), send(), receive()];
    const enough = acknowledged.size + perRound;
    await until(`${enough} were acknowledged`, async () => acknowledged.size >= enough, 30_000);
    await server.kill();
    running = false;
    await Promise.race([Promise.allSettled(work), pause(1500)]);
    await Promise.race([Promise.all([sending.close(), receiving.close()]).catch(() => {}), pause(300)]);
    server = await spawnServer('service-bus', options);
  }
  const client = open();
  const known = [...acknowledged].slice(-200);
  await client.createSender('work').sendMessages(known.map((id) => ({ body: 'a duplicate', messageId: id })));
  const receiver = client.createReceiver('work', { receiveMode: 'receiveAndDelete' });
  const left: string[] = [];
  for (;;) {
    const messages = await receiver.receiveMessages(500, { maxWaitTimeInMs: 1000 });
    if (messages.length === 0) break;
    left.push(...messages.map(({ body }) => body as string));
  }
  await client.close();
  const found = new Set(left);
  assert.equal(found.size, left.length, 'a message is there twice');
  assert.deepEqual(cameBack, []);
  assert.deepEqual(
    [...completed].filter((id) => found.has(id)),
    [],
  );
  assert.deepEqual(
    [...acknowledged].filter((id) => !found.has(id) && !asked.has(id)),
    [],
  );
  assert.ok(!found.has('a duplicate'));
});

/** Resident memory of the server in bytes (Linux; elsewhere undefined). */
function residentMemory(): number | undefined {
  try {
    const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  } catch {
    return undefined;
  }
}

test('100,000 queued messages lie on disk, not in memory, and come in order', async () => {
  const client = new ServiceBusClient(connectionString(server.port));
  const sender = client.createSender('deep');
  let next = 0;
  const fill = async (count: number): Promise<void> => {
    for (const end = next + count; next < end; ) {
      const batch = await sender.createMessageBatch();
      while (next < end && batch.tryAddMessage({ body: next, applicationProperties: { filler: 'x'.repeat(300) } }))
        next++;
      await sender.sendMessages(batch);
    }
  };
  await fill(20_000);
  const before = residentMemory();
  await fill(80_000);
  const afterwards = residentMemory();
  if (before !== undefined && afterwards !== undefined)
    assert.ok(afterwards - before < 60 * 1024 * 1024, `${(afterwards - before) >> 20} MB more for 80,000 messages`);
  const receiver = client.createReceiver('deep', { receiveMode: 'receiveAndDelete' });
  const bodies: unknown[] = [];
  while (bodies.length < 5000)
    bodies.push(...(await receiver.receiveMessages(1000, { maxWaitTimeInMs: 20_000 })).map(({ body }) => body));
  assert.deepEqual(
    bodies,
    Array.from({ length: bodies.length }, (_, n) => n),
  );
  await client.close();
  await server.kill();
  server = await spawnServer('service-bus', options);
  const again = open();
  const later = again.createReceiver('deep', { receiveMode: 'receiveAndDelete' });
  assert.equal((await later.receiveMessages(1, { maxWaitTimeInMs: 20_000 }))[0]?.body, bodies.length);
  await again.close();
});

test('delivery counts, deferred and scheduled messages, and session states outlive a kill', async () => {
  const client = open();
  const sender = client.createSender('kept');
  await sender.sendMessages([{ body: 'abandoned' }, { body: 'deferred' }]);
  const [scheduled] = await sender.scheduleMessages({ body: 'scheduled' }, new Date(Date.now() + 1500));
  assert.ok(scheduled);
  const receiver = client.createReceiver('kept');
  const [abandoned, deferred] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 20_000 });
  assert.ok(abandoned && deferred?.sequenceNumber);
  await receiver.deferMessage(deferred);
  await receiver.abandonMessage(abandoned);
  await client.close();
  await server.kill();
  server = await spawnServer('service-bus', options);
  const later = open();
  const again = later.createReceiver('kept');
  const [first] = await again.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
  assert.deepEqual([first?.body, first?.deliveryCount], ['abandoned', 1]);
  const [aside] = await again.receiveDeferredMessages(deferred.sequenceNumber);
  assert.equal(aside?.body, 'deferred');
  const [due] = await again.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
  assert.equal(due?.body, 'scheduled');
  await later.close();
});
