import type { Actor } from '../context.ts';
import type { Agreement } from './agreements.ts';
import { decideElsewhere } from './decide-elsewhere.ts';
import { type Decision, type Question, refuse } from './decision.ts';
import { forEverybody, type Policy, privileged, rolePolicies, writableTypes } from './policies.ts';
import { cares, relationTo, type Team } from './relation-to.ts';
import type { Relationship } from './relationship.ts';
import { restrictedBy } from './restricted.ts';
import { missingScope } from './scopes.ts';

/**
 * Role AND approved team AND relationship AND no restriction. Everything that is not allowed is refused.
 * @param approved the actor's teams that the trust has approved. No refusal names a patient.
 * @param now decides whether emergency access, a relationship or an agreement still stands
 * @param agreement where the records are another trust's: what that trust lets the actor's own read
 */
export function decide(
  actor: Actor,
  question: Question,
  approved: readonly Team[],
  now: Date,
  agreement?: Agreement,
): Decision {
  const { policy, trust, type, action, ward } = question;
  const patient = question.patient === 'none' ? undefined : question.patient;
  const missing = missingScope(actor, question, (one) => forEverybody.has(one));
  if (actor.trust !== trust) {
    const elsewhere = decideElsewhere(actor, question, approved, agreement, now);
    return elsewhere.allowed && missing !== undefined ? notGranted(missing) : elsewhere;
  }
  if (!rolePolicies[actor.role].includes(policy))
    return refuse('role', `The role ${actor.role} does not include ${policy}.`);
  if (privileged.has(policy) && actor.mfa !== true) return refuse('sign-in', 'Sign in with a second factor for this.');
  if (missing !== undefined) return notGranted(missing);
  const writable = writableTypes[actor.role];
  if (action !== undefined && type !== undefined && writable !== undefined && !writable.includes(type)) {
    return refuse('role', `The role ${actor.role} may not ${action} ${type}.`);
  }
  // Team and relationship were asked when the form was accepted; the patient may have moved since.
  if (policy === 'form:file') return { allowed: true, basis: 'role' };
  if (actor.kind === 'patient') return decideForPatient(actor, question);
  if (approved.length === 0) return refuse('team', 'None of your teams is approved by the trust.');
  const known = typeof patient === 'object' ? patient : undefined;
  if (actor.kind === 'system')
    // Systems go on telling what happens to a patient whose record is sealed; they do not show it.
    return known?.restrictions?.sealed && !told.has(policy) ? sealed : { allowed: true, basis: 'role' };
  if (ward !== undefined) {
    if (actor.kind === 'device' && actor.ward !== ward)
      return refuse('ward', `This device belongs to ward ${actor.ward ?? 'none'}.`);
    return cares(approved, ward)
      ? { allowed: true, basis: actor.kind === 'device' ? 'device' : 'team' }
      : refuse('ward', `None of your teams cares for ward ${ward}.`);
  }
  if (actor.kind === 'device')
    return patient === undefined
      ? { allowed: true, basis: 'device' }
      : refuse('role', 'A device reads its board and nothing else.');
  if (patient === undefined)
    return type === 'Binary' && (action !== undefined || question.patient === 'none')
      ? refuse('relationship', 'A Binary of no patient is for systems: name the patient in its securityContext.')
      : { allowed: true, basis: 'team' };
  if (patient === 'new')
    return actor.role === 'ward-clerk'
      ? { allowed: true, basis: 'role' }
      : refuse('role', `The role ${actor.role} does not register patients.`);
  return decideAbout(actor, policy, patient, approved, now);
}

/** A patient sees the own record, whatever restricts others, and of the rest what is for everybody. */
function decideForPatient(actor: Actor, { patient, type = '' }: Question): Decision {
  if (patient === undefined || (patient === 'none' && forEverybody.has(type))) return { allowed: true, basis: 'role' };
  if (typeof patient !== 'object' || actor.patient === undefined)
    return refuse('relationship', 'You see your own record only.');
  return patient.id === actor.patient || patient.mergedWith?.includes(actor.patient) === true
    ? { allowed: true, basis: 'relationship', by: 'own' }
    : refuse('relationship', 'You see your own record only.');
}

/** What systems tell of a patient, and are shown nothing for. */
const told: ReadonlySet<Policy> = new Set(['record:write', 'record:merge']);

const notGranted = (missing: string): Decision => refuse('scope', `The app was not granted ${missing}.`);
const howElse = 'Where care needs it, open emergency access and say why.';
const sealed = refuse('restriction', `The record is sealed. ${howElse}`);

/** Relationship and restrictions of a patient who is known, for a person. Emergency access stands above both. */
function decideAbout(
  actor: Actor,
  policy: Policy,
  patient: Relationship,
  approved: readonly Team[],
  now: Date,
): Decision {
  const { restrictions = {}, emergencies = [] } = patient;
  // Whom patients ask who saw their records is told about all of them.
  if (policy === 'disclosure:read') return { allowed: true, basis: 'role' };
  // Opening it is what those without a relationship may do; who did is looked at afterwards.
  if (policy === 'access:emergency') return { allowed: true, basis: 'emergency' };
  if (emergencies.some(({ agent, until }) => agent === actor.id && Date.parse(until) > now.getTime()))
    return { allowed: true, basis: 'emergency' };
  const restricted = restrictedBy(actor, restrictions);
  if (restricted === 'sealed') return sealed;
  if (restricted === 'objection') return refuse('restriction', `The patient objects. ${howElse}`);
  const related = relationTo(actor, patient, approved, now);
  if (related === undefined)
    return refuse(
      'relationship',
      'The patient is on no ward that your teams care for, and in no clinic, referral, care team or open task of yours.',
    );
  return restricted === 'clinicians'
    ? refuse('restriction', 'The record is left to the nurses and doctors who care for the patient.')
    : { allowed: true, basis: 'relationship', ...related };
}
