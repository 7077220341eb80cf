import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matches, parseSearch, searchEntries, validateResource } from '../fhir/index.ts';
import { type AuditEntry, toFhir } from './index.ts';

const token = '0a1b2c3d4e5f';
const entry: AuditEntry = {
  id: '01HZZZZZZZZZZZZZZZZZZZZZZZ',
  trust: 'RR8',
  recorded: '2026-11-24T10:00:00.000Z',
  action: 'R',
  subtype: 'read',
  outcome: '4',
  reason: 'forbidden',
  agent: { id: 'a-nurse', role: 'nurse', kind: 'staff', trust: 'RR8' },
  policy: 'record:read',
  patients: [token],
  entities: [
    { type: 'Patient', id: token },
    { type: 'Observation', id: `${token}.01HZZZZZZZZZZZZZZZZZZZZZZZ`, versionId: '2' },
  ],
  parameters: ['code'],
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

test('every entry is a valid AuditEvent', async () => {
  for (const more of [
    {},
    { patients: [], entities: [] },
    { agent: { ...entry.agent, app: 'growth-chart' } },
    { subtype: 'board-view', agent: { ...entry.agent, kind: 'device', role: 'board-device' } },
  ]) {
    const event = await validateResource(JSON.parse(JSON.stringify(toFhir({ ...entry, ...more }))), 'AuditEvent');
    assert.equal(event.id, entry.id);
  }
});

test('a patient is named once, other resources with their version', () => {
  const event = toFhir(entry) as unknown as { entity: { what?: { reference?: string } }[] };
  const references = event.entity.flatMap(({ what }) => what?.reference ?? []);
  assert.deepEqual(references, [`Patient/${token}`, `Observation/${token}.01HZZZZZZZZZZZZZZZZZZZZZZZ/_history/2`]);
});

test('the app that was used is a second agent, who asked for nothing', () => {
  const { agent } = toFhir({ ...entry, agent: { ...entry.agent, app: 'growth-chart' } }) as unknown as {
    agent: { requestor: boolean; who: { identifier: { value: string } } }[];
  };
  assert.deepEqual(
    agent.map(({ who, requestor }) => [who.identifier.value, requestor]),
    [
      ['a-nurse', true],
      ['growth-chart', false],
    ],
  );
});

test('events are found by patient, time, action, outcome and agent role', () => {
  const event = toFhir(entry);
  const found = (parameters: Record<string, string>): boolean =>
    matches(parseSearch('AuditEvent', new URLSearchParams(parameters)), event, searchEntries(event));
  for (const parameters of [
    { patient: token },
    { date: 'ge2026-11-24' },
    { action: 'R' },
    { outcome: '4' },
    { subtype: 'read' },
    { 'agent-role': 'nurse' },
  ] as Record<string, string>[])
    assert.ok(found(parameters), JSON.stringify(parameters));
  assert.ok(!found({ date: 'lt2026-11-24' }));
  assert.ok(!found({ outcome: '0' }));
  assert.ok(!found({ patient: 'somebodyelse' }));
});
