import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roles } from '../context.ts';
import type { AuditEntry } from './entry.ts';
import { inPlainWords } from './plain-words.ts';

const entry = (more: Partial<AuditEntry>): AuditEntry => ({
  id: 'e',
  trust: 'RR8',
  recorded: '2026-07-24T22:30:00.000Z',
  action: 'R',
  subtype: 'read',
  outcome: '0',
  agent: { id: 'a1b2', role: 'nurse', kind: 'staff', trust: 'RR8' },
  policy: 'record:read',
  patients: ['p'],
  entities: [{ type: 'Observation', id: 'p.1' }],
  traceparent: '',
  ...more,
});
const text = (more: Partial<AuditEntry>): string => inPlainWords(entry(more)).text;

test('an entry is a sentence with the hour of the United Kingdom', () => {
  assert.equal(
    text({}),
    'On 24 July 2026 at 23:30, a nurse of RR8 looked at your measurements and results, to care for you.',
  );
});

test('what shows all of a record, or compares with it, is told as such', () => {
  const patient = [{ type: 'Patient', id: 'p' }];
  assert.match(text({ subtype: 'everything', entities: patient }), /looked at your whole record, to care for you/);
  assert.match(text({ subtype: 'timeline' }), /looked at the timeline of your record/);
  assert.match(text({ subtype: 'match', action: 'E' }), /compared your name and other details with those of somebody/);
});

test('what was refused is told as refused', () => {
  assert.match(text({ outcome: '4', action: 'U' }), /tried to change your .*, to care for you and was refused\.$/);
  assert.equal(inPlainWords(entry({ outcome: '4' })).allowed, false);
});

test('emergency access is told as such', () => {
  const opened = { subtype: 'emergency-access', action: 'E', policy: 'access:emergency' } as const;
  assert.match(
    text(opened),
    /a nurse of RR8 opened your whole record, in an emergency, which a privacy officer looks at/,
  );
});

test('who looked up access or disclosures is told as that', () => {
  assert.match(
    text({ subtype: 'access-explain', policy: 'access:explain' }),
    /a nurse of RR8 looked up who may see your record,/,
  );
  assert.match(
    text({ subtype: 'disclosures', policy: 'disclosure:read', outcome: '4' }),
    /tried to look up who saw your record,/,
  );
});

test('several kinds of record are named once each, many together', () => {
  const of = (...types: string[]) => text({ entities: types.map((type) => ({ type, id: 'x' })) });
  assert.match(of('Observation', 'Observation', 'Condition'), /your measurements and results and your diagnoses,/);
  assert.match(of('Observation', 'Condition', 'Flag', 'Task'), /several parts of your record/);
  assert.match(of(), /looked at your record/);
  assert.match(of('Basic'), /looked at your record/);
});

test('every role has words, and no sentence names a code of ours or a person', () => {
  for (const role of roles) {
    const said = text({ agent: { id: 'a1b2', role, kind: 'staff', trust: 'RR8' } });
    assert.doesNotMatch(said, /a1b2|ward-clerk|board-device|bed-management|somebody/, role);
  }
});
