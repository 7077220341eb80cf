import type { Access, Policy, Relationship } from '../access/index.ts';
import type { Call, Ods } from '../context.ts';
import type { HeadContent } from './documents.ts';
import type { WorkingHead } from './heads.ts';
import type { Target } from './place.ts';

/** The policy of the call's route; the route table is the only one that names policies. */
export const policyOf = (call: Call): Policy => call.policy as Policy;

/** What decides about a patient beside role and team. */
export function relationOf(token: string, content: HeadContent): Relationship {
  const { sealed, clinicians, objections, emergencies, relations } = content;
  const restrictions = {
    ...(sealed === undefined ? {} : { sealed }),
    ...(clinicians === undefined ? {} : { clinicians }),
    ...(objections === undefined ? {} : { objections: objections.map(({ agent }) => agent) }),
  };
  return {
    token,
    id: content.patientId,
    wards: wardsOf(content),
    restrictions,
    ...(emergencies === undefined ? {} : { emergencies }),
    ...(relations === undefined ? {} : { relations }),
  };
}

/** The wards that a patient is in. */
const wardsOf = ({ placements }: HeadContent): string[] => [...new Set(placements.map(({ ward }) => ward))];

/**
 * Asks for every change once: role, approved team and relationship.
 * @throws WardlineError `forbidden`
 */
export async function requireChanges(
  access: Pick<Access, 'require'>,
  call: Call,
  trust: Ods,
  targets: readonly Target[],
  heads: ReadonlyMap<string, WorkingHead>,
): Promise<void> {
  const asked = new Set<string>();
  for (const { change, ref, patient } of targets) {
    const head = patient === undefined ? undefined : heads.get(patient);
    const isNew = head !== undefined && head.before === undefined;
    const name = `${change.kind}|${ref.type}|${isNew ? 'new' : patient}`;
    if (asked.has(name)) continue;
    asked.add(name);
    await access.require(call, {
      policy: policyOf(call),
      trust,
      type: ref.type,
      action: change.kind,
      ...(head === undefined ? {} : { patient: isNew ? 'new' : relationOf(head.token, head.content) }),
    });
  }
}
