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

/** What the labels of a resource ask beside what was asked for its patient; undefined: nothing. */
function questionOf(
  call: Call,
  trust: Ods,
  { patient }: Pick<Opening, 'patient'>,
  resource: FhirResource,
): Question | undefined {
  const labels = labelsOf(resource);
  if (patient === undefined || labels === undefined) return undefined;
  const restrictions = { ...patient.restrictions, ...labels };
  return { policy: policyOf(call), trust, type: resource.resourceType, patient: { ...patient, restrictions } };
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
