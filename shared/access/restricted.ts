import type { Actor } from '../context.ts';
import type { Restrictions } from './relationship.ts';

const clinicians: ReadonlySet<string> = new Set(['nurse', 'doctor']);

/** Whether what a patient or the trust asks keeps somebody from a record: which of it, the first that does. */
export function restrictedBy(
  { id, role }: Pick<Actor, 'id' | 'role'>,
  restrictions: Restrictions,
): 'sealed' | 'objection' | 'clinicians' | undefined {
  if (restrictions.sealed) return 'sealed';
  if (restrictions.objections?.includes(id)) return 'objection';
  return restrictions.clinicians && !clinicians.has(role) ? 'clinicians' : undefined;
}
