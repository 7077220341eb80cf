import type { Ids } from '../context.ts';
import { type FhirResource, patientReferenceOf } from '../fhir/index.ts';
import { compartmentId, isToken, patientIdOf } from './ids.ts';

/**
 * See {@link Records.assignId}. A patient whose id the client chose cannot be told from its id: what refers to it gets
 * an id of its own, and the commit gives it a locator.
 */
export function assignId(
  ids: Ids,
  resource: FhirResource,
  resolve: (reference: string) => string | undefined,
): { id: string } {
  if (resource.resourceType === 'Patient') return { id: ids.token() };
  const named = patientReferenceOf(resource);
  const patient = named === undefined ? undefined : patientIdOf(resolve(named) ?? named);
  return { id: patient !== undefined && isToken(patient) ? compartmentId(patient, ids.ulid()) : ids.ulid() };
}
