import type { Actor, Ods } from '../context.ts';
import { type Policy, privileged, rolePolicies, writableTypes } from './policies.ts';
import type { Relationship } from './relationship.ts';
import { restrictedBy } from './restricted.ts';

/** What an actor wants to do. Without `patient` and `ward` only role and team are asked. */
export interface Question {
  readonly policy: Policy;
  readonly trust: Ods;
  readonly type?: string;
  readonly action?: 'create' | 'update' | 'delete';
  /** `new`: the request itself makes the patient. `none`: the resource is about no patient. */
  readonly patient?: Relationship | 'new' | 'none';
  readonly ward?: string;
}

/** Why, or why not. `detail` says what to change and holds no patient data. */
export type Decision =
  | { readonly allowed: true; readonly basis: 'role' | 'team' | 'relationship' | 'device' | 'emergency' }
  | {
      readonly allowed: false;
      readonly reason: 'role' | 'team' | 'relationship' | 'trust' | 'ward' | 'restriction' | 'sign-in';
      readonly detail: string;
    };

/** A team that the trust approved, and the wards it cares for; `*`: all of them. */
export interface Team {
  readonly name: string;
  readonly wards: readonly string[];
}

const refuse = (reason: Extract<Decision, { allowed: false }>['reason'], detail: string): Decision => ({
  allowed: false,
  reason,
  detail,
});

/**
 * Role AND approved team AND relationship AND no restriction. Everything that is not allowed is refused.
 * @param approved the actor's teams that the trust has approved. No refusal names a patient.
 * @param now decides whether emergency access is still open
 */
export function decide(actor: Actor, question: Question, approved: readonly Team[], now: Date): Decision {
  const { policy, trust, type, action, ward } = question;
  const patient = question.patient === 'none' ? undefined : question.patient;
  if (actor.trust !== trust) return refuse('trust', `You belong to ${actor.trust}; this is a record of ${trust}.`);
  if (!rolePolicies[actor.role].includes(policy))
    return refuse('role', `The role ${actor.role} does not include ${policy}.`);
  if (privileged.has(policy) && actor.mfa !== true) return refuse('sign-in', 'Sign in with a second factor for this.');
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
  const cares = (wanted: string): boolean =>
    approved.some(({ wards }) => wards.includes('*') || wards.includes(wanted));
  if (ward !== undefined) {
    if (actor.kind === 'device' && actor.ward !== ward)
      return refuse('ward', `This device belongs to ward ${actor.ward ?? 'none'}.`);
    return cares(ward)
      ? { allowed: true, basis: actor.kind === 'device' ? 'device' : 'team' }
      : refuse('ward', `None of your teams cares for ward ${ward}.`);
  }
  if (actor.kind === 'device')
    return patient === undefined
      ? { allowed: true, basis: 'device' }
      : refuse('role', 'A device reads its board and nothing else.');
  if (patient === undefined) return { allowed: true, basis: 'team' };
  if (patient === 'new')
    return actor.role === 'ward-clerk'
      ? { allowed: true, basis: 'role' }
      : refuse('role', `The role ${actor.role} does not register patients.`);
  return decideAbout(actor, policy, patient, cares, now);
}

/** What patients see that is about nobody: where they are, and who and what for. */
const forEverybody: ReadonlySet<string> = new Set(
  'HealthcareService Location Medication Organization Practitioner PractitionerRole Questionnaire'.split(' '),
);

/** A patient sees the own record, whatever restricts others, and of the rest what is for everybody. */
function decideForPatient(actor: Actor, { patient, type = '' }: Question): Decision {
  if (patient === undefined || (patient === 'none' && forEverybody.has(type))) return { allowed: true, basis: 'role' };
  if (typeof patient !== 'object' || actor.patient === undefined)
    return refuse('relationship', 'You see your own record only.');
  return patient.id === actor.patient || patient.mergedWith?.includes(actor.patient) === true
    ? { allowed: true, basis: 'relationship' }
    : refuse('relationship', 'You see your own record only.');
}

/** What systems tell of a patient, and are shown nothing for. */
const told: ReadonlySet<Policy> = new Set(['record:write', 'record:merge']);

const howElse = 'Where care needs it, open emergency access and say why.';
const sealed = refuse('restriction', `The record is sealed. ${howElse}`);

/** Relationship and restrictions of a patient who is known, for a person. Emergency access stands above both. */
function decideAbout(
  actor: Actor,
  policy: Policy,
  { wards, restrictions = {}, emergencies = [] }: Relationship,
  cares: (ward: string) => boolean,
  now: Date,
): Decision {
  // Whom patients ask who saw their records is told about all of them.
  if (policy === 'disclosure:read') return { allowed: true, basis: 'role' };
  // Opening it is what those without a relationship may do; who did is looked at afterwards.
  if (policy === 'access:emergency') return { allowed: true, basis: 'emergency' };
  if (emergencies.some(({ agent, until }) => agent === actor.id && Date.parse(until) > now.getTime()))
    return { allowed: true, basis: 'emergency' };
  const restricted = restrictedBy(actor, restrictions);
  if (restricted === 'sealed') return sealed;
  if (restricted === 'objection') return refuse('restriction', `The patient objects. ${howElse}`);
  if (!wards.some(cares)) return refuse('relationship', 'The patient is on no ward that your teams care for.');
  return restricted === 'clinicians'
    ? refuse('restriction', 'The record is left to the nurses and doctors who care for the patient.')
    : { allowed: true, basis: 'relationship' };
}
