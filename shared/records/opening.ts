import type { Access, Question, Relationship } from '../access/index.ts';
import type { Call, Ods } from '../context.ts';
import type { FhirResource } from '../fhir/index.ts';
import type { SealKey } from '../keys/index.ts';
import { policyOf } from './decide.ts';
import { labelsOf } from './restrictions.ts';

/** A partition that somebody may see. */
export interface Opening {
  readonly key: SealKey;
  /** The patient whose compartment it is. */
  readonly patient: Relationship | undefined;
  /** Id of the Patient whom this one's gave way to. */
  readonly survivor?: string;
}

/**
 * What a resource asks beside what was asked for its patient: its labels, and, of an app or another trust's staff, whether its
 * type was granted.
 * Undefined: nothing.
 */
function questionOf(
  call: Call,
  trust: Ods,
  { patient }: Pick<Opening, 'patient'>,
  resource: FhirResource,
): Question | undefined {
  const labels = labelsOf(resource);
  const question = { policy: policyOf(call), trust, type: resource.resourceType };
  if (patient !== undefined && labels !== undefined)
    return { ...question, patient: { ...patient, restrictions: { ...patient.restrictions, ...labels } } };
  const isNarrowed = call.actor.grant !== undefined || call.actor.trust !== trust;
  return isNarrowed ? { ...question, patient: patient ?? 'none' } : undefined;
}

/** Whether the labels of a resource leave it to who may see its patient. */
export async function isShown(
  access: Pick<Access, 'decide'>,
  call: Call,
  trust: Ods,
  opening: Opening,
  resource: FhirResource,
): Promise<boolean> {
  const question = questionOf(call, trust, opening, resource);
  return question === undefined || (await access.decide(call.actor, question)).allowed;
}

/** @throws WardlineError `forbidden` where the labels of a resource do not leave it to who may see its patient */
export async function requireShown(
  access: Pick<Access, 'require'>,
  call: Call,
  trust: Ods,
  opening: Pick<Opening, 'patient'>,
  resource: FhirResource,
): Promise<void> {
  const question = questionOf(call, trust, opening, resource);
  if (question !== undefined) await access.require(call, question);
}
