import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Actor, type Role, roles } from '../context.ts';
import type { Agreement } from './agreements.ts';
import { decide } from './decide.ts';
import type { Question } from './decision.ts';
import { rolePolicies } from './policies.ts';
import { parseScopes } from './scopes.ts';

const now = new Date('2026-11-26T06:00:00Z');
const later = '2026-11-26T06:00:01.000Z';
const agreement: Agreement = {
  with: 'RXF',
  roles: ['nurse', 'doctor'],
  types: ['Observation', 'Patient'],
  purpose: 'TREAT',
  until: later,
};
const team = [{ name: 't', wards: ['*'] }];
const kinds: Partial<Record<Role, Actor['kind']>> = {
  integration: 'system',
  'bed-management': 'system',
  'board-device': 'device',
  patient: 'patient',
};
const actor = (role: Role, more: Partial<Actor> = {}): Actor => ({
  kind: kinds[role] ?? 'staff',
  id: 'a',
  displayName: '',
  role,
  trust: 'RXF',
  teams: ['t'],
  mfa: true,
  patient: 'p',
  ...more,
});
const relation = (party: string, until = later) =>
  ({ cause: 'ServiceRequest/s', kind: 'referral', party, until }) as const;
const referred = { token: 'p', id: 'p', wards: ['J09'], relations: [relation('trust|RXF')] };
const ask = (
  who: Actor,
  question: Partial<Question>,
  how: { agreement?: Agreement | undefined; approved?: typeof team } = { agreement },
): string => {
  const full = { policy: 'record:read', trust: 'RR8', ...question } as const;
  const decision = decide(who, full, how.approved ?? team, now, how.agreement);
  return decision.allowed ? decision.basis : decision.reason;
};
const observation = { type: 'Observation', patient: referred } as const;

test('staff whom an agreement names read what it names, of patients who are referred to their trust, until it ends', () => {
  assert.equal(ask(actor('nurse'), observation), 'agreement');
  assert.equal(ask(actor('nurse'), { ...observation, policy: 'record:search', search: true }), 'agreement');
  assert.equal(ask(actor('pharmacist'), observation), 'role');
  assert.equal(ask(actor('nurse'), { ...observation, type: 'Condition' }), 'trust');
  assert.equal(ask(actor('nurse'), observation, { agreement, approved: [] }), 'team');
  assert.equal(ask(actor('nurse'), observation, { agreement: { ...agreement, until: now.toISOString() } }), 'trust');
  assert.equal(ask(actor('nurse'), observation, { agreement: { ...agreement, with: 'RQQ' } }), 'trust');
  assert.equal(ask(actor('nurse'), observation, { agreement: undefined }), 'trust');
});

test('a relationship is asked for too: the record names the trust, one of its approved teams, or the person', () => {
  const named = (...relations: ReturnType<typeof relation>[]): string =>
    ask(actor('nurse'), { ...observation, patient: { ...referred, relations } });
  for (const party of ['trust|RXF', 'person|RXF|a', 'team|RXF|t'])
    assert.equal(named(relation(party)), 'agreement', party);
  for (const party of [
    'trust|RR8',
    'trust|RQQ',
    'person|RR8|a',
    'person|RXF|b',
    'team|RXF|u',
    'team|RR8|t',
    'place|J09',
  ])
    assert.equal(named(relation(party)), 'relationship', party);
  assert.equal(named(relation('trust|RXF', now.toISOString())), 'relationship', 'ended');
  assert.equal(named(), 'relationship', 'a ward of another trust is nobody elsewhere');
});

test('what restricts a record at home restricts it elsewhere, emergency access is of no use there', () => {
  const emergencies = [{ agent: 'a', until: later }];
  const restricted = (restrictions: object, role: Role = 'nurse'): string =>
    ask(
      actor(role),
      { ...observation, patient: { ...referred, restrictions, emergencies } },
      {
        agreement: { ...agreement, roles: ['nurse', 'pharmacist'] },
      },
    );
  assert.equal(restricted({ sealed: true }), 'restriction');
  assert.equal(restricted({ objections: ['a'] }), 'restriction');
  assert.equal(restricted({ objections: ['RXF'] }), 'restriction', 'the patient objects to the whole trust');
  assert.equal(restricted({ objections: ['RQQ'] }), 'agreement');
  assert.equal(restricted({ clinicians: true }), 'agreement');
  assert.equal(restricted({ clinicians: true }, 'pharmacist'), 'restriction');
  assert.equal(
    ask(actor('nurse'), { ...observation, patient: { ...referred, relations: [], emergencies } }),
    'relationship',
  );
});

test('scopes narrow what an agreement lets read, and do not stand in for one', () => {
  const app = (scope: string) => actor('nurse', { grant: { ...parseScopes(scope), patient: 'p' } });
  assert.equal(ask(app('user/Observation.r'), observation), 'agreement');
  assert.equal(ask(app('user/Patient.r'), observation), 'scope');
  assert.equal(ask(app('user/*.cruds'), observation, { agreement: undefined }), 'trust');
});

test('an agreement lets staff read and nobody do anything else, whoever, whatever and of whom', () => {
  const everything: Agreement = { ...agreement, roles, types: ['Observation', 'Patient', 'Task', 'Location', 'Basic'] };
  const patients = [undefined, 'none', 'new', referred, { ...referred, relations: [] }] as const;
  const allowed = new Set<string>();
  for (const role of roles)
    for (const policy of new Set(Object.values(rolePolicies).flat()))
      for (const type of [undefined, 'Observation', 'Task', 'Location', 'Basic'])
        for (const action of [undefined, 'create', 'update', 'delete'] as const)
          for (const patient of patients)
            for (const ward of [undefined, 'J09']) {
              const question = {
                policy,
                ...(type === undefined ? {} : { type }),
                ...(action === undefined ? {} : { action }),
                ...(patient === undefined ? {} : { patient }),
                ...(ward === undefined ? {} : { ward }),
              };
              if (ask(actor(role), question, { agreement: everything }) !== 'agreement') continue;
              assert.ok(rolePolicies[role].includes(policy) && actor(role).kind === 'staff', `${role} ${policy}`);
              assert.equal(action, undefined);
              assert.notEqual(patient, 'new');
              if (patient === 'none') assert.equal(type, 'Location', 'about nobody: what everybody sees');
              if (typeof patient === 'object') assert.ok(patient.relations.length > 0);
              allowed.add(policy);
            }
  assert.deepEqual([...allowed].sort(), ['record:read', 'record:search']);
});
