import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEntry } from './index.ts';

const entry = {
  id: '01HZZZZZZZZZZZZZZZZZZZZZZZ',
  trust: 'RR8',
  recorded: '2026-11-24T10:00:00.000Z',
  action: 'R',
  subtype: 'read',
  outcome: '4',
  reason: 'forbidden',
  agent: { id: 'a', role: 'nurse', kind: 'staff', trust: 'RR8' },
  policy: 'record:read',
  patients: ['0a1b2c3d4e5f'],
  entities: [{ type: 'Observation', id: 'x', versionId: '1' }],
  parameters: ['code'],
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

test('an entry is taken as it is, with what a later version may add', () => {
  assert.equal(parseEntry(entry), entry);
  assert.ok(parseEntry({ ...entry, added: { later: true } }));
  assert.ok(parseEntry({ ...entry, id: 'bed-moved-a/b c' }));
});

test('what could not be chained is no entry', () => {
  for (const value of [null, 7, 'text', [], {}, [entry]]) assert.equal(parseEntry(value), undefined);
  for (const [key, values] of Object.entries({
    id: ['', 1, undefined, 'x'.repeat(501)],
    trust: ['RR8|2026-11', '', undefined],
    recorded: ['2026-11-24', '2026-13-01T00:00:00Z', '24 Nov 2026', undefined],
    action: ['X', undefined],
    outcome: ['1', 0],
    agent: [undefined, {}, 'a'],
    patients: [undefined, 'p', [1], ['a|b']],
    entities: [undefined, [{}], ['x']],
    traceparent: [undefined],
  }))
    for (const value of values)
      assert.equal(parseEntry({ ...entry, [key]: value }), undefined, `${key}: ${JSON.stringify(value)}`);
});
