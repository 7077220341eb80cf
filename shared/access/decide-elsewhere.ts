import type { Actor } from '../context.ts';
import type { Agreement } from './agreements.ts';
import { type Decision, type Question, refuse } from './decision.ts';
import { forEverybody, rolePolicies } from './policies.ts';
import type { Team } from './relation-to.ts';
import type { Relationship } from './relationship.ts';

/**
 * What one trust's staff may read of another's records: what an agreement says, of patients whom that trust's record names them
 * for. Without an agreement that stands, every question has the same answer, so that it tells nothing.
 * @param approved the actor's teams that the actor's own trust approved
 * @param agreement what the trust whose records they are lets the actor's trust read
 */
export function decideElsewhere(
  actor: Actor,
  { policy, trust, type, patient, action }: Question,
  approved: readonly Team[],
  agreement: Agreement | undefined,
  now: Date,
): Decision {
  const stands =
    agreement !== undefined && agreement.with === actor.trust && Date.parse(agreement.until) > now.getTime();
  if (!stands) return refuse('trust', `You belong to ${actor.trust}; this is a record of ${trust}.`);
  const reads = (policy === 'record:read' || policy === 'record:search') && action === undefined;
  if (!reads || actor.kind !== 'staff')
    return refuse('trust', `The agreement with ${trust} lets staff read, and nobody do anything else.`);
  if (!agreement.roles.includes(actor.role) || !rolePolicies[actor.role].includes(policy))
    return refuse('role', `The agreement with ${trust} does not include the role ${actor.role}.`);
  if (approved.length === 0) return refuse('team', 'None of your teams is approved by your trust.');
  const isShared = type === undefined || agreement.types.includes(type);
  if (patient === 'none' && type !== undefined && forEverybody.has(type)) return { allowed: true, basis: 'agreement' };
  if (!isShared) return refuse('trust', `The agreement with ${trust} does not include ${type}.`);
  if (patient === undefined) return { allowed: true, basis: 'agreement' };
  if (patient === 'none' || patient === 'new')
    return refuse('trust', `The agreement with ${trust} is about patients' records.`);
  return aboutPatient(actor, patient, approved, now);
}

/** Restrictions hold as at home, an objection against the whole trust too; emergency access is opened at home only. */
function aboutPatient(
  { id, trust, role }: Actor,
  { restrictions = {}, relations = [] }: Relationship,
  approved: readonly Team[],
  now: Date,
): Decision {
  if (restrictions.sealed) return refuse('restriction', 'The record is sealed. Ask the trust whose record it is.');
  if (restrictions.objections?.some((one) => one === id || one === trust))
    return refuse('restriction', 'The patient objects.');
  if (restrictions.clinicians && role !== 'nurse' && role !== 'doctor')
    return refuse('restriction', 'The record is left to nurses and doctors.');
  const names = new Set([
    `trust|${trust}`,
    `person|${trust}|${id}`,
    ...approved.map(({ name }) => `team|${trust}|${name}`),
  ]);
  const found = relations
    .filter(({ party, until }) => names.has(party) && Date.parse(until) > now.getTime())
    .sort((a, b) => b.until.localeCompare(a.until))[0];
  return found === undefined
    ? refuse('relationship', 'No referral, care team, appointment or open task of that record names you or your trust.')
    : { allowed: true, basis: 'agreement', by: found.kind, until: found.until };
}
