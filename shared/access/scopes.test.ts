import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Actor, type Role, roles } from '../context.ts';
import { decide } from './decide.ts';
import type { Question } from './decision.ts';
import { rolePolicies } from './policies.ts';
import { parseScopes } from './scopes.ts';

const spelled = (claim: string): string[] =>
  parseScopes(claim).scopes.map(({ level, type, interactions }) => `${level}/${type}.${[...interactions].join('')}`);

test('SMART scopes of both versions are read, as Entra ID spells them too; other scopes are none', () => {
  assert.deepEqual(spelled('openid fhirUser launch/patient offline_access'), []);
  assert.deepEqual(spelled('patient/*.rs user/Observation.cruds system/Patient.r'), [
    ...['patient/*.rs', 'user/Observation.cruds', 'system/Patient.r'],
  ]);
  assert.deepEqual(spelled('patient/*.read user/*.write user/Task.*'), [
    ...['patient/*.rs', 'user/*.cud', 'user/Task.cruds'],
  ]);
  assert.deepEqual(spelled('patient.all.rs user.Observation.read'), ['patient/*.rs', 'user/Observation.rs']);
});

test('a scope that is not understood spoils all of them: to pass over a constraint would widen what was granted', () => {
  for (const wrong of [
    ...['patient/Observation.rs?category=laboratory', 'patient/Observation.sr', 'patient/*.', 'user/*', 'user/x.r'],
    ...['patient/Observation.rr', 'system/Observation.reading', 'user//Observation.r', 'patient/*.cruds.cruds'],
  ])
    assert.deepEqual(parseScopes(`user/*.cruds ${wrong}`), { scopes: [], malformed: wrong });
});

const actor = (role: Role, scope: string, more: Partial<Actor> = {}): Actor => ({
  kind: role === 'patient' ? 'patient' : role === 'integration' || role === 'bed-management' ? 'system' : 'staff',
  id: 'a',
  displayName: '',
  role,
  trust: 'RR8',
  teams: ['t'],
  mfa: true,
  grant: { ...parseScopes(scope), patient: 'me' },
  ...more,
});
const team = [{ name: 't', wards: ['J09'] }];
const me = { token: 'me', id: 'me', wards: ['J09'] };
const you = { token: 'you', id: 'you', wards: ['J09'] };
const now = new Date('2026-11-26T06:00:00Z');
const ask = (who: Actor, question: Partial<Question>): string => {
  const decision = decide(who, { policy: 'record:read', trust: 'RR8', ...question }, team, now);
  return decision.allowed ? 'allowed' : decision.reason;
};

test('a scope for the patient of the launch holds to that one patient', () => {
  const nurse = actor('nurse', 'patient/Observation.rs');
  assert.equal(ask(nurse, { type: 'Observation', patient: me }), 'allowed');
  assert.equal(ask(nurse, { type: 'Observation', patient: you }), 'scope');
  assert.equal(ask(nurse, { type: 'Condition', patient: me }), 'scope');
  assert.equal(ask(nurse, { patient: { token: 'x', wards: ['J09'] } }), 'scope', 'whose id is not known');
  const { patient: _, ...grant } = nurse.grant ?? { scopes: [] };
  assert.equal(ask({ ...nurse, grant }, { type: 'Observation', patient: me }), 'scope', 'launched with nobody');
});

test('a scope for the user reaches whom the user may see, and nobody else', () => {
  const nurse = actor('nurse', 'user/Observation.r');
  assert.equal(ask(nurse, { type: 'Observation', patient: you }), 'allowed');
  assert.equal(ask(nurse, { type: 'Observation', patient: { ...you, wards: ['J10'] } }), 'relationship');
  assert.equal(ask(nurse, { type: 'Observation', patient: { ...you, restrictions: { sealed: true } } }), 'restriction');
  assert.equal(ask({ ...nurse, trust: 'RXF' }, { type: 'Observation', patient: you }), 'trust');
});

test('each interaction needs its letter', () => {
  const may = (scope: string, question: Partial<Question>): boolean =>
    ask(actor('nurse', scope), { type: 'Observation', patient: me, ...question }) === 'allowed';
  const asked: Record<string, Partial<Question>> = {
    c: { policy: 'record:write', action: 'create' },
    r: { policy: 'record:read' },
    u: { policy: 'record:write', action: 'update' },
    d: { policy: 'record:write', action: 'delete' },
    s: { policy: 'record:search', search: true },
  };
  for (const letter of Object.keys(asked))
    for (const [name, question] of Object.entries(asked))
      assert.equal(may(`user/Observation.${letter}`, question), letter === name, `${letter} ${name}`);
  assert.equal(may('user/Observation.cud', { policy: 'record:write', search: true }), false, 'a condition is a search');
  assert.equal(may('user/Observation.u', { policy: 'record:write' }), false, 'a patch shows what it changes');
  assert.equal(may('user/Observation.ru', { policy: 'record:write' }), true);
});

test('system scopes are for systems, the others for people', () => {
  assert.equal(ask(actor('nurse', 'system/*.cruds'), { type: 'Observation', patient: me }), 'scope');
  assert.equal(
    ask(actor('integration', 'user/*.cruds patient/*.cruds'), { type: 'Observation', patient: you }),
    'scope',
  );
  assert.equal(ask(actor('integration', 'system/Observation.rs'), { type: 'Observation', patient: you }), 'allowed');
  assert.equal(ask(actor('integration', 'system/Observation.rs'), { type: 'Condition', patient: you }), 'scope');
});

test('scopes open the FHIR API alone, whatever they say and whoever uses the app', () => {
  for (const role of roles)
    for (const policy of rolePolicies[role].filter((one) => !one.startsWith('record:'))) {
      const who = actor(role, 'patient/*.cruds user/*.cruds system/*.cruds', { ward: 'J09', patient: 'me' });
      assert.equal(ask(who, { policy }), 'scope', `${role} ${policy}`);
    }
});

test('scopes never widen: what is allowed with them is allowed without them, for every role, policy, type and patient', () => {
  const claims = ['', 'patient/*.cruds', 'user/*.cruds', 'system/*.cruds', 'patient/Task.c user/Observation.rs'];
  const patients = [undefined, 'none', 'new', me, you, { ...me, restrictions: { sealed: true } }] as const;
  let allowed = 0;
  for (const role of roles)
    for (const policy of new Set(Object.values(rolePolicies).flat()))
      for (const type of [undefined, 'Observation', 'Task', 'Location', 'Patient'])
        for (const action of [undefined, 'create', 'update', 'delete'] as const)
          for (const patient of patients) {
            const question: Question = {
              policy,
              trust: 'RR8',
              ...(type === undefined ? {} : { type }),
              ...(action === undefined ? {} : { action }),
              ...(patient === undefined ? {} : { patient: patient as NonNullable<Question['patient']> }),
            };
            for (const claim of claims) {
              const { grant, ...plain } = actor(role, claim, { patient: 'me' });
              if (!decide({ ...plain, ...(grant && { grant }) }, question, team, now).allowed) continue;
              allowed += 1;
              assert.equal(decide(plain, question, team, now).allowed, true, `${claim} ${JSON.stringify(question)}`);
              assert.notEqual(claim, '', 'an app without scopes reaches nothing');
            }
          }
  assert.ok(allowed > 100);
});
