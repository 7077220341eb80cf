import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FhirResource } from '../fhir/index.ts';
import { type AuditEntry, fromFhir, toFhir } from './index.ts';

const event = {
  resourceType: 'AuditEvent',
  type: { code: 'rest' },
  subtype: [{ code: 'read' }],
  action: 'R',
  recorded: '2026-11-24T09:00:00+00:00',
  outcome: '4',
  outcomeDesc: 'Planted description',
  agent: [
    { who: { reference: 'Device/pump' }, requestor: false },
    { who: { identifier: { value: 'u-17' }, display: 'Planted Name' }, name: 'Planted Name', requestor: true },
  ],
  source: { observer: { display: 'Planted system' } },
  entity: [
    { what: { reference: 'Patient/0a1b2c3d4e5f' }, name: 'Planted Name', description: 'Planted' },
    { what: { reference: 'Observation/x/_history/3' } },
    { what: { reference: 'https://elsewhere.example/Patient/9990000018' } },
    { name: 'query', query: 'UGxhbnRlZA==' },
  ],
} as unknown as FhirResource;

test('an event of another system becomes codes, times and ids', () => {
  assert.deepEqual(fromFhir(event), {
    subtype: 'read',
    action: 'R',
    outcome: '4',
    reported: { recorded: '2026-11-24T09:00:00+00:00', agent: 'u-17' },
    patientIds: ['0a1b2c3d4e5f'],
    entities: [{ type: 'Observation', id: 'x', versionId: '3' }],
  });
});

test('no text of it is taken over', () => {
  const hostile = {
    ...event,
    subtype: [{ code: 'Planted text' }],
    agent: [{ altId: 'Planted Name' }],
    action: 'Planted',
  };
  for (const one of [event, hostile])
    assert.doesNotMatch(JSON.stringify(fromFhir(one as FhirResource)), /Planted|9990000018|UGxhbn/);
});

test('what was reported is told as the one who did it, and the system that told', () => {
  const { patientIds, ...facts } = fromFhir(event);
  const entry = {
    ...facts,
    id: '01HZZZZZZZZZZZZZZZZZZZZZZZ',
    trust: 'RR8',
    recorded: '2026-11-24T10:00:00.000Z',
    agent: { id: 'integration', role: 'integration', kind: 'system', trust: 'RR8' },
    policy: 'record:write',
    patients: patientIds,
    traceparent: '',
  } as AuditEntry;
  const told = toFhir(entry) as unknown as {
    agent: { requestor: boolean; who: { identifier: { value: string } } }[];
    period: { start: string };
  };
  assert.deepEqual(
    told.agent.map(({ requestor, who }) => [who.identifier.value, requestor]),
    [
      ['u-17', true],
      ['integration', false],
    ],
  );
  assert.equal(told.period.start, '2026-11-24T09:00:00+00:00');
});
