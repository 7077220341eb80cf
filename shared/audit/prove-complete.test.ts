import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type RecordStore, startRecordStore } from '../../test/support/records.ts';
import { systemClock } from '../clock.ts';
import { createIds } from '../ids.ts';
import { createAnswered } from './answered.ts';
import { append } from './append.ts';
import type { AuditEntry } from './entry.ts';
import { proveComplete } from './prove-complete.ts';

let store: RecordStore;
before(async () => {
  store = await startRecordStore();
});
after(() => store.close());

const received = new Date('2026-12-01T00:10:00Z');
const later = new Date('2026-12-01T01:20:00Z');
const audit = () => store.process().documents('audit');
const { ulid } = createIds(systemClock);
const entry = (trust: string, id: string, recorded = received.toISOString()): AuditEntry => ({
  id,
  trust,
  recorded,
  action: 'R',
  subtype: 'read',
  outcome: '0',
  agent: { id: 'a', role: 'nurse', kind: 'staff', trust },
  policy: 'record:read',
  patients: [],
  entities: [],
  traceparent: '',
});
async function answer(trust: string, ids: readonly string[]): Promise<void> {
  const answered = createAnswered(audit, ulid);
  for (const id of ids) answered.note(trust, id, received);
  await answered.flush();
}
const idsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `request-${index}`);

test('an hour in which each answer has its entry is complete, and then forgotten', async () => {
  const ids = idsOf(1_250);
  await append(
    audit(),
    ids.map((id) => entry('A01', id)),
  );
  await Promise.all([answer('A01', ids.slice(0, 700)), answer('A01', ids.slice(700))]);
  assert.deepEqual(await proveComplete(audit(), 'A01', later), [
    { trust: 'A01', hour: '2026-12-01T00', answered: 1_250, missing: 0 },
  ]);
  assert.deepEqual(await proveComplete(audit(), 'A01', later), []);
});

test('an answer without entry is missed, and looked for again until it is there', async () => {
  const ids = idsOf(20);
  await append(
    audit(),
    ids.slice(0, 18).map((id) => entry('A02', id)),
  );
  await answer('A02', ids);
  const incomplete = [{ trust: 'A02', hour: '2026-12-01T00', answered: 20, missing: 2 }];
  assert.deepEqual(await proveComplete(audit(), 'A02', later), incomplete);
  assert.deepEqual(await proveComplete(audit(), 'A02', new Date('2026-12-01T05:20:00Z')), incomplete);
  await append(
    audit(),
    ids.slice(18).map((id) => entry('A02', id)),
  );
  assert.equal((await proveComplete(audit(), 'A02', new Date('2026-12-01T06:20:00Z')))[0]?.missing, 0);
});

test('a board that opened its session in the month before has its entry there', async () => {
  await append(audit(), [entry('A03', 'session', '2026-11-30T23:59:00.000Z')]);
  await answer('A03', ['session', 'session']);
  assert.deepEqual(await proveComplete(audit(), 'A03', later), [
    { trust: 'A03', hour: '2026-12-01T00', answered: 1, missing: 0 },
  ]);
});

test('an hour whose entries may still be on their way is left to the next time', async () => {
  await answer('A04', ['a']);
  assert.deepEqual(await proveComplete(audit(), 'A04', new Date('2026-12-01T00:50:00Z')), []);
  assert.deepEqual(await proveComplete(audit(), 'A04', new Date('2026-12-01T01:05:00Z')), []);
  assert.equal((await proveComplete(audit(), 'A04', later))[0]?.missing, 1);
});

test('an entry of another trust does not answer for it', async () => {
  await append(audit(), [entry('A05', 'a')]);
  await answer('A06', ['a']);
  assert.equal((await proveComplete(audit(), 'A06', later))[0]?.missing, 1);
});
