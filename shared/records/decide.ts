import type { Access, Policy, Relationship } from '../access/index.ts';
import type { Call, Ods } from '../context.ts';
import type { Head, HeadContent } from './documents.ts';
import type { WorkingHead } from './heads.ts';
import { isMerged } from './merging/merged.ts';
import type { Target } from './place.ts';
import type { Reader } from './reader.ts';

/** The policy of the call's route; the route table is the only one that names policies. */
export const policyOf = (call: Call): Policy => call.policy as Policy;

/** What decides about a patient beside role and team. */
export function relationOf(token: string, content: HeadContent & Pick<Head, 'group'>): Relationship {
  const { sealed, clinicians, objections, emergencies, relations, group } = content;
  const restrictions = {
    ...(sealed === undefined ? {} : { sealed }),
    ...(clinicians === undefined ? {} : { clinicians }),
    ...(objections === undefined ? {} : { objections: objections.map(({ agent }) => agent) }),
  };
  return {
    token,
    id: content.patientId,
    ...(group === undefined ? {} : { mergedWith: group.map(({ patientId }) => patientId) }),
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
  { access, reader }: { readonly access: Pick<Access, 'require'>; readonly reader: Pick<Reader, 'join'> },
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
      ...(head === undefined ? {} : { patient: isNew ? 'new' : await relationIn(reader, trust, head) }),
    });
  }
}

/** What decides about a patient during a commit, with those whom the patient was merged with. */
export async function relationIn(reader: Pick<Reader, 'join'>, trust: Ods, head: WorkingHead): Promise<Relationship> {
  const { token, content, wrappedKey, before } = head;
  if (!isMerged(content)) return relationOf(token, content);
  return relationOf(token, await reader.join({ ...content, token, trust, wrappedKey, seq: before?.document.seq ?? 0 }));
}
