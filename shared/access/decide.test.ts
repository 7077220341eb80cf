import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Actor, roles } from '../context.ts';
import { decide as decideAt } from './decide.ts';
import type { Question } from './decision.ts';
import { rolePolicies } from './policies.ts';
import type { Team } from './relation-to.ts';
import type { CareRelation, Relationship } from './relationship.ts';

const kindOf = (role: Actor['role']): Actor['kind'] => {
  if (role === 'patient') return 'patient';
  if (role === 'board-device') return 'device';
  return role === 'integration' || role === 'bed-management' ? 'system' : 'staff';
};
const actor = (role: Actor['role'], more: Partial<Actor> = {}): Actor => ({
  kind: kindOf(role),
  mfa: true,
  id: 'a',
  displayName: '',
  role,
  trust: 'RR8',
  teams: ['t'],
  ...more,
});
const now = new Date('2026-11-25T10:00:00Z');
const decide = (who: Actor, question: Question, approved: readonly Team[]) => decideAt(who, question, approved, now);
const j09: Team[] = [{ name: 't', wards: ['J09'] }];
const everywhere: Team[] = [{ name: 't', wards: ['*'] }];
const here = { token: 'p', wards: ['J09'] };
const elsewhere = { token: 'p', wards: ['J10'] };
const related = (party: string, until = '2026-11-25T10:00:01.000Z'): Relationship & { relations: CareRelation[] } => ({
  ...elsewhere,
  wards: [],
  relations: [{ cause: 'Task/t', kind: 'task', party, until }],
});
/** Who the relations of a record may name, and whether that is the actor, by the teams that were approved. */
const parties: readonly (readonly [party: string, mine: (approved: readonly Team[]) => boolean])[] = [
  ['person|RR8|a', () => true],
  ['person|RR8|b', () => false],
  ['person|RXF|a', () => false],
  ['team|RR8|t', (approved) => approved.some(({ name }) => name === 't')],
  ['team|RR8|v', () => false],
  ['team|RXF|t', () => false],
  ['place|J09', (approved) => approved.some(({ wards }) => wards.includes('J09'))],
  ['place|J10', (approved) => approved.some(({ wards }) => wards.includes('J10'))],
  ['trust|RR8', () => false],
];
const ask = (more: Partial<Question>): Question => ({ policy: 'record:read', trust: 'RR8', ...more });
const reason = (...parameters: Parameters<typeof decide>): string => {
  const decision = decide(...parameters);
  return decision.allowed ? decision.basis : decision.reason;
};

test('every role is refused every policy that it does not have, whatever its team', () => {
  for (const role of roles) {
    for (const policy of new Set(Object.values(rolePolicies).flat())) {
      const decision = decide(actor(role), ask({ policy }), everywhere);
      if (!rolePolicies[role].includes(policy))
        assert.deepEqual(
          [decision.allowed, 'reason' in decision && decision.reason],
          [false, 'role'],
          `${role} ${policy}`,
        );
    }
  }
});

test('a nurse sees patients of her ward, and no others', () => {
  assert.equal(reason(actor('nurse'), ask({ patient: here }), j09), 'relationship');
  assert.equal(decide(actor('nurse'), ask({ patient: elsewhere }), j09).allowed, false);
  assert.equal(decide(actor('nurse'), ask({ patient: { token: 'p', wards: [] } }), everywhere).allowed, false);
});

test('a team for all wards sees every admitted patient', () => {
  assert.equal(reason(actor('pharmacist'), ask({ patient: elsewhere }), everywhere), 'relationship');
});

test('without an approved team nobody sees anything', () => {
  for (const role of ['nurse', 'doctor', 'pharmacist', 'integration', 'board-device', 'auditor'] as const) {
    const policy = role === 'auditor' ? 'audit:read' : role === 'board-device' ? 'board:read' : 'record:read';
    assert.equal(reason(actor(role), ask({ policy }), []), 'team', role);
  }
});

test('another trust is refused before anything else', () => {
  for (const role of roles)
    assert.equal(reason(actor(role), ask({ trust: 'RXF', patient: here }), everywhere), 'trust');
});

test('a board sees its own ward and no patient', () => {
  const board = actor('board-device', { ward: 'J09' });
  assert.equal(reason(board, ask({ policy: 'board:read', ward: 'J09' }), j09), 'device');
  assert.equal(reason(board, ask({ policy: 'board:read', ward: 'J10' }), everywhere), 'ward');
  assert.equal(reason(board, ask({ patient: here }), j09), 'role');
});

test('roles change only the types that are theirs', () => {
  const write = (type: string): Question => ask({ policy: 'record:write', action: 'create', type, patient: here });
  assert.equal(decide(actor('nurse'), write('Observation'), j09).allowed, true);
  assert.equal(reason(actor('nurse'), write('MedicationRequest'), j09), 'role');
  assert.equal(reason(actor('bed-management'), write('Observation'), j09), 'role');
});

test('who registers patients is decided by role', () => {
  const register = ask({ policy: 'record:write', action: 'create', type: 'Patient', patient: 'new' });
  assert.equal(decide(actor('ward-clerk'), register, j09).allowed, true);
  assert.equal(decide(actor('integration'), register, j09).allowed, true);
  assert.equal(decide(actor('nurse'), register, j09).allowed, false);
});

test('a refusal holds no patient data', () => {
  const decision = decide(actor('nurse'), ask({ patient: { token: 'secret-token', wards: ['J10'] } }), j09);
  assert.ok(!decision.allowed && !/secret-token|J10/.test(decision.detail));
});

/** Everything that may be asked of anybody: what the store holds of it and the answer that the rules in words give. */
test('role, team and relationship decide together, for every combination of them', () => {
  const teams: Record<string, Team[]> = {
    none: [],
    patientless: [{ name: 't', wards: [] }],
    here: j09,
    elsewhere: [{ name: 't', wards: ['J10'] }],
    everywhere,
    several: [
      { name: 't', wards: ['J10'] },
      { name: 'u', wards: ['J09'] },
    ],
  };
  const subjects: Record<string, Partial<Question>> = {
    nothing: {},
    'patient here': { patient: here },
    'patient elsewhere': { patient: elsewhere },
    'patient nowhere': { patient: { token: 'p', wards: [] } },
    'patient on two wards': { patient: { token: 'p', wards: ['J11', 'J09'] } },
    'new patient': { patient: 'new' },
    ...Object.fromEntries(parties.map(([party]) => [party, { patient: related(party) }])),
    'ended task': { patient: related('person|RR8|a', '2026-11-25T10:00:00.000Z') },
    'ward here': { ward: 'J09' },
    'ward elsewhere': { ward: 'J10' },
  };
  const policies = new Set(Object.values(rolePolicies).flat());
  let asked = 0;
  for (const role of roles)
    for (const policy of policies)
      for (const [team, approved] of Object.entries(teams))
        for (const [subject, question] of Object.entries(subjects)) {
          const who = actor(role, role === 'board-device' ? { ward: 'J09' } : {});
          const wanted =
            question.ward !== undefined
              ? [question.ward]
              : typeof question.patient !== 'object'
                ? undefined
                : question.patient.wards;
          const cared = approved.flatMap(({ wards }) => wards);
          // Emergency access is opened to whom one has nothing to do with, too.
          const related =
            (policy === 'access:emergency' && typeof question.patient === 'object') ||
            (wanted?.some((one) => cared.includes(one) || cared.includes('*')) ?? true) ||
            (parties.find(([party]) => party === subject)?.[1](approved) ?? false);
          const registers = question.patient !== 'new' || role === 'ward-clerk';
          const boardsOwn = who.kind !== 'device' || (question.patient === undefined && question.ward !== 'J10');
          const toldOfAll = policy === 'disclosure:read' && question.ward === undefined && question.patient !== 'new';
          const byTeam =
            approved.length > 0 && (who.kind === 'system' || ((related || toldOfAll) && registers && boardsOwn));
          const own = who.kind === 'patient' && question.patient === undefined;
          const expected =
            rolePolicies[role].includes(policy) &&
            (policy === 'form:file' || own || (who.kind !== 'patient' && byTeam));
          const decision = decide(who, ask({ policy, ...question }), approved);
          assert.equal(decision.allowed, expected, `${role}, ${policy}, team ${team}, ${subject}`);
          asked += 1;
        }
  assert.equal(asked, roles.length * policies.size * 6 * (8 + parties.length + 1));
});

test('a sealed record is for nobody without emergency access, and systems go on writing to it', () => {
  const patient = { ...here, restrictions: { sealed: true } as const };
  for (const role of ['nurse', 'doctor', 'pharmacist', 'ward-clerk'] as const)
    assert.equal(reason(actor(role), ask({ patient }), j09), 'restriction', role);
  assert.equal(reason(actor('integration'), ask({ patient }), j09), 'restriction');
  assert.equal(reason(actor('integration'), ask({ policy: 'record:write', patient }), j09), 'role');
});

test('the record of a member of staff or of a public person is left to nurses and doctors of the ward', () => {
  const patient = { ...here, restrictions: { clinicians: true } as const };
  assert.equal(reason(actor('nurse'), ask({ patient }), j09), 'relationship');
  assert.equal(reason(actor('doctor'), ask({ patient }), j09), 'relationship');
  assert.equal(reason(actor('ward-clerk'), ask({ patient }), j09), 'restriction');
  assert.equal(reason(actor('pharmacist'), ask({ patient }), j09), 'restriction');
  assert.equal(decide(actor('nurse'), ask({ patient: { ...patient, wards: ['J10'] } }), j09).allowed, false);
});

test('whom the patient objects to does not see the record, and others do', () => {
  const patient = { ...here, restrictions: { objections: ['a'] } };
  assert.equal(reason(actor('nurse'), ask({ patient }), j09), 'restriction');
  assert.equal(reason(actor('nurse', { id: 'b' }), ask({ patient }), j09), 'relationship');
});

test('emergency access stands above relationship and restriction: for who opened it, until it ends, within role and trust', () => {
  const emergencies = [{ agent: 'a', until: '2026-11-25T10:00:01.000Z' }];
  for (const restrictions of [{}, { sealed: true } as const, { objections: ['a'] }]) {
    const patient = { ...elsewhere, restrictions, emergencies };
    assert.equal(reason(actor('nurse'), ask({ patient }), j09), 'emergency');
    assert.notEqual(reason(actor('nurse', { id: 'b' }), ask({ patient }), j09), 'emergency');
    const ended = { ...patient, emergencies: [{ agent: 'a', until: '2026-11-25T10:00:00.000Z' }] };
    assert.notEqual(reason(actor('nurse'), ask({ patient: ended }), j09), 'emergency');
    assert.equal(reason(actor('nurse'), ask({ patient, policy: 'audit:read' }), j09), 'role');
    assert.equal(reason(actor('nurse'), ask({ patient, trust: 'RXF' }), j09), 'trust');
    assert.equal(reason(actor('nurse'), ask({ patient }), []), 'team');
  }
});

test('emergency access is opened by nurses and doctors, without relationship or in spite of a restriction', () => {
  const patient = { ...elsewhere, restrictions: { sealed: true, objections: ['a'] } as const };
  const open = ask({ policy: 'access:emergency', type: 'Task', action: 'create', patient });
  assert.equal(reason(actor('nurse'), open, j09), 'emergency');
  for (const role of ['ward-clerk', 'pharmacist', 'integration', 'operations'] as const)
    assert.equal(reason(actor(role), open, everywhere), 'role', role);
});

test('a patient sees the own record whatever restricts others, and what is for everybody', () => {
  const patient = actor('patient', { teams: [], patient: 'me' });
  const mine = { ...elsewhere, id: 'me', restrictions: { sealed: true, objections: ['a'] } as const };
  assert.equal(reason(patient, ask({ patient: mine }), []), 'relationship');
  assert.equal(decide(patient, ask({ patient: mine }), []).allowed, true);
  for (const other of [here, { ...mine, id: 'you' }, 'new', 'none'] as const)
    assert.equal(decide(patient, ask({ patient: other, type: 'Task' }), []).allowed, false);
  assert.equal(decide(patient, ask({ patient: 'none', type: 'Location' }), []).allowed, true);
  assert.equal(decide(actor('patient', { teams: [] }), ask({ patient: here }), []).allowed, false, 'of no patient');
});

test('what is privileged asks for a second factor', () => {
  const { mfa: _, ...once } = actor('auditor');
  assert.equal(reason(once, ask({ policy: 'audit:read' }), everywhere), 'sign-in');
  assert.equal(reason(actor('auditor'), ask({ policy: 'audit:read' }), everywhere), 'team');
});

test('a person, a team or a clinic that a record names has to do with the patient until it ends, and is told which and until when', () => {
  for (const party of ['person|RR8|a', 'team|RR8|t', 'place|J09']) {
    const decision = decide(actor('nurse'), ask({ patient: related(party) }), j09);
    assert.deepEqual(decision, {
      allowed: true,
      basis: 'relationship',
      by: 'task',
      until: '2026-11-25T10:00:01.000Z',
    });
    assert.equal(
      reason(actor('nurse'), ask({ patient: related(party, '2026-11-25T10:00:00.000Z') }), j09),
      'relationship',
    );
    assert.equal(
      decide(actor('nurse'), ask({ patient: related(party, now.toISOString()) }), j09).allowed,
      false,
      'ended',
    );
    const restricted = { ...related(party), restrictions: { sealed: true } as const };
    assert.equal(reason(actor('nurse'), ask({ patient: restricted }), j09), 'restriction');
    assert.equal(reason(actor('nurse'), ask({ patient: related(party) }), []), 'team');
  }
});
