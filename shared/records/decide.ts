import type { Access, Policy } from '../access/index.ts';
import type { Call, Ods } from '../context.ts';
import type { HeadContent } from './documents.ts';
import type { WorkingHead } from './heads.ts';
import type { Target } from './place.ts';

/** The policy of the call's route; the route table is the only one that names policies. */
export const policyOf = (call: Call): Policy => call.policy as Policy;

/** The wards that a patient is in. */
export const wardsOf = ({ placements }: HeadContent): string[] => [...new Set(placements.map(({ ward }) => ward))];

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
      ...(head === undefined ? {} : { patient: isNew ? 'new' : { token: head.token, wards: wardsOf(head.content) } }),
    });
  }
}
