import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { BusMessage } from '../azure/bus.ts';
import type { AuditEntry } from './entry.ts';
import { createRecorder } from './record.ts';

const entry = (id: string): AuditEntry => ({
  id,
  trust: 'RR8',
  recorded: '2026-11-24T10:00:00.000Z',
  action: 'R',
  subtype: 'read',
  outcome: '0',
  agent: { id: 'a', role: 'nurse', kind: 'staff', trust: 'RR8' },
  policy: 'record:read',
  patients: ['pa', 'pb'],
  entities: [],
  traceparent: '',
});

/** A queue and an outbox that do as the test says, and remember what became durable in them. */
function setUp(queue: () => Promise<void>, outbox: () => Promise<void> = async () => {}) {
  const queued: BusMessage[] = [];
  const left: { patient: string | undefined; entry: AuditEntry }[] = [];
  const events: string[] = [];
  let sends = 0;
  let time = 0;
  const record = createRecorder({
    bus: {
      async send(_entity, messages) {
        sends += 1;
        await queue();
        queued.push(...messages);
      },
      reach: async () => {},
    },
    outbox: {
      async leaveInOutbox(_trust, patient, one) {
        await outbox();
        left.push({ patient, entry: one });
      },
    },
    telemetry: { event: (name) => events.push(name) },
    now: () => time,
  });
  return { record, queued, left, events, sends: () => sends, later: (by: number) => (time += by) };
}

const away = (): Promise<never> => Promise.reject(new Error('away'));
const never = (): Promise<never> => new Promise(() => {});

test('an entry is on the queue when it counts as recorded, under its own id', async () => {
  const { record, queued, left } = setUp(() => wait(20));
  await record(entry('e1'));
  assert.deepEqual(
    queued.map(({ messageId }) => messageId),
    ['e1'],
  );
  assert.equal(left.length, 0);
});

test('when the queue fails or does not confirm within 300 ms the entry lies in the outbox of its patient', async () => {
  for (const queue of [away, never]) {
    const { record, left, events } = setUp(queue);
    const started = performance.now();
    await record(entry('e1'));
    assert.ok(performance.now() - started < 500);
    assert.deepEqual(
      left.map(({ patient, entry: one }) => [patient, one.id]),
      [['pa', 'e1']],
    );
    assert.deepEqual(events, ['audit-queue-slow']);
  }
});

test('a queue that confirms late is as good as the outbox, when that fails', async () => {
  const { record, queued } = setUp(() => wait(400), away);
  await record(entry('e1'));
  assert.equal(queued.length, 1);
});

test('when neither takes it nobody is told that it is recorded', async () => {
  await assert.rejects(setUp(away, away).record(entry('e1')));
});

test('a queue that just failed is left alone for a second, so that not everybody waits for it', async () => {
  const { record, left, sends, later } = setUp(never);
  await record(entry('e1'));
  const started = performance.now();
  for (let index = 2; index <= 50; index++) await record(entry(`e${index}`));
  assert.ok(performance.now() - started < 200);
  assert.deepEqual([sends(), left.length], [1, 50]);
  later(1_001);
  await record(entry('e51'));
  assert.equal(sends(), 2);
});

test('while the queue is left alone, a failing outbox asks it after all', async () => {
  let isAway = true;
  const { record, queued } = setUp(async () => {
    if (isAway) throw new Error('away');
  }, away);
  await assert.rejects(record(entry('e1')));
  isAway = false;
  await record(entry('e2'));
  assert.deepEqual(
    queued.map(({ messageId }) => messageId),
    ['e2'],
  );
});
