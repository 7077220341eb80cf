import { type AuditEntry, auditEntry } from '../audit/index.ts';
import type { Call, Ods } from '../context.ts';
import type { PlannedChange } from './planned.ts';
import type { AuditFacts } from './records.ts';

/** The one audit entry of a commit: who changed which versions of which patients. */
export function auditOfCommit(
  call: Call,
  trust: Ods,
  facts: AuditFacts,
  changes: readonly PlannedChange[],
): AuditEntry {
  return auditEntry(call, {
    trust,
    action: facts.action,
    subtype: facts.subtype,
    outcome: '0',
    patients: [...new Set(changes.flatMap(({ patient }) => patient ?? []))],
    entities: changes.map(({ type, id, versionId }) => ({ type, id, versionId })),
  });
}
