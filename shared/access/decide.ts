import type { Actor, Ods } from '../context.ts';
import { type Policy, rolePolicies, writableTypes } from './policies.ts';

/** What an actor wants to do. Without `patient` and `ward` only role and team are asked. */
export interface Question {
  readonly policy: Policy;
  readonly trust: Ods;
  readonly type?: string;
  readonly action?: 'create' | 'update' | 'delete';
  /** `new`: the request itself makes the patient. */
  readonly patient?: { readonly token: string; readonly wards: readonly string[] } | 'new';
  readonly ward?: string;
}

/** Why, or why not. `detail` says what to change and holds no patient data. */
export type Decision =
  | { readonly allowed: true; readonly basis: 'role' | 'team' | 'relationship' | 'device' }
  | {
      readonly allowed: false;
      readonly reason: 'role' | 'team' | 'relationship' | 'trust' | 'ward';
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
 * Role AND approved team AND relationship. Everything that is not allowed is refused.
 * @param approved the actor's teams that the trust has approved. No refusal names a patient.
 */
export function decide(actor: Actor, question: Question, approved: readonly Team[]): Decision {
  const { policy, trust, type, action, patient, ward } = question;
  if (actor.trust !== trust) return refuse('trust', `You belong to ${actor.trust}; this is a record of ${trust}.`);
  if (!rolePolicies[actor.role].includes(policy))
    return refuse('role', `The role ${actor.role} does not include ${policy}.`);
  const writable = writableTypes[actor.role];
  if (action !== undefined && type !== undefined && writable !== undefined && !writable.includes(type)) {
    return refuse('role', `The role ${actor.role} may not ${action} ${type}.`);
  }
  // Team and relationship were asked when the form was accepted; the patient may have moved since.
  if (policy === 'form:file') return { allowed: true, basis: 'role' };
  if (approved.length === 0) return refuse('team', 'None of your teams is approved by the trust.');
  if (actor.kind === 'system') return { allowed: true, basis: 'role' };
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
  return patient.wards.some(cares)
    ? { allowed: true, basis: 'relationship' }
    : refuse('relationship', 'The patient is on no ward that your teams care for.');
}
