import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type BusStore, startBusStore } from '../../test/support/bus.ts';
import { createTelemetry } from '../azure/telemetry.ts';
import type { OutboxEntry } from '../records/index.ts';
import { relay } from './relay.ts';

let store: BusStore;
const lines: string[] = [];
const telemetry = createTelemetry({ load: undefined, write: (_level, line) => lines.push(line) });
before(async () => {
  store = await startBusStore();
});
after(() => store.close());

const told = (documents: readonly unknown[]) => relay({ ...store, telemetry }, documents);
const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const entry = (id: string, more: object = {}): OutboxEntry => ({
  ...{ kind: 'outbox', id: `outbox|${id}`, partition: 'RR8|P|0123456789ab', trust: 'RR8', ttl: 1 },
  ...{ committedAt: '2026-11-24T10:00:00.000Z', traceparent: trace },
  changes: [{ type: 'Observation', id, versionId: '1', change: 'created', patient: '0123456789ab' }],
  ...more,
});
const audit = (id: string, more: object = {}): OutboxEntry['audit'] =>
  ({ id: `audit-${id}`, trust: 'RR8', patients: ['0123456789ab'], ...more }) as unknown as OutboxEntry['audit'];

test('an entry becomes an event without its audit entry, and an audit entry of its own', async () => {
  await told([entry('a', { audit: audit('a') }), { kind: 'current', id: 'Observation|a' }]);
  const [event, ...others] = await store.drain('record-changes/boards', true);
  assert.equal(others.length, 0);
  assert.deepEqual(event?.body, {
    ...{ id: 'outbox|a', trust: 'RR8', committedAt: '2026-11-24T10:00:00.000Z' },
    changes: [{ type: 'Observation', id: 'a', versionId: '1', change: 'created', patient: '0123456789ab' }],
  });
  const parent = String(event?.applicationProperties?.['Diagnostic-Id']);
  assert.ok(parent.startsWith(trace.slice(0, 36)) && parent !== trace, 'the trace goes on');
  assert.deepEqual((await store.drain('record-changes/events', true)).length, 1);
  assert.deepEqual(
    (await store.drain('audit', false)).map(({ messageId }) => messageId),
    ['audit-a'],
  );
});

test('entries of a patient keep their order, whatever else is told with them', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `order-${String(index).padStart(2, '0')}`);
  const others = names.map((name) => entry(`other-${name}`, { partition: `RR8|P|other-${name.at(-1)}` }));
  await told(names.flatMap((name, index) => [entry(name), others[index]]));
  const events = await store.drain('record-changes/boards', true);
  const own = events
    .flatMap(({ body }) => body.changes.map(({ id }: { id: string }) => id))
    .filter((id: string) => id.startsWith('order'));
  assert.deepEqual(own, names);
  assert.equal(events.length, 80);
});

test('what the feed brings twice is told once', async () => {
  const documents = [entry('twice', { audit: audit('twice') })];
  await told(documents);
  await told(documents);
  assert.equal((await store.drain('record-changes/boards', true)).length, 1);
  assert.equal((await store.drain('audit', false)).length, 1);
});

test('an entry that others could not understand goes to a dead-letter blob, and the rest is told', async () => {
  const before = (await store.blobNames('relay-dead-letters')).length;
  await told([entry('broken', { changes: [{ type: 'Observation' }] }), entry('whole'), { kind: 'outbox', id: 7 }]);
  assert.deepEqual(
    (await store.drain('record-changes/boards', true)).map(({ body }) => body.id),
    ['outbox|whole'],
  );
  const names = await store.blobNames('relay-dead-letters');
  assert.equal(names.length, before + 2);
  const kept = JSON.parse(
    await store.blobs.get('relay-dead-letters', encodeURIComponent('RR8|P|0123456789ab/outbox|broken')),
  );
  assert.deepEqual(kept, { id: 'outbox|broken', partition: 'RR8|P|0123456789ab', why: 'malformed' });
  assert.ok(lines.some((line) => line.includes('relay-dead-letter')));
});

test('an entry larger than the bus takes holds up nobody', async () => {
  const huge = entry('huge', {
    changes: [{ type: 'Observation', id: 'x'.repeat(400_000), versionId: '1', change: 'created' }],
  });
  await told([entry('before'), huge, entry('after', { audit: audit('after') })]);
  const ids = (await store.drain('record-changes/boards', true)).map(({ body }) => body.id);
  assert.deepEqual(ids, ['outbox|before', 'outbox|after']);
  assert.equal((await store.drain('audit', false)).length, 1);
  assert.ok((await store.blobNames('relay-dead-letters')).some((name) => name.endsWith('huge')));
});

test('while the bus is away nothing is given up: the feed has to bring it again', { timeout: 60_000 }, async () => {
  const names = await store.blobNames('relay-dead-letters');
  await store.killBroker();
  await assert.rejects(told([entry('later')]), { code: 'unavailable' });
  assert.deepEqual(await store.blobNames('relay-dead-letters'), names);
});
