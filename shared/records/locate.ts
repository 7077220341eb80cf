import type { Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { isFhirId, patientInId } from './ids.ts';
import { partitionOf } from './partition.ts';
import { isCompartmentType } from './place.ts';
import type { Reader } from './reader.ts';
import type { ResourceRef } from './records.ts';

/** Where a resource lies, if it exists. */
export interface Location {
  readonly partition: string;
  /** Token of the patient whose compartment it is in. */
  readonly patient?: string;
}

/** By the id alone where the server gave it; an id chosen elsewhere costs one read more. */
export async function locate(reader: Reader, trust: Ods, ref: ResourceRef): Promise<Location> {
  if (!isFhirId(ref.id)) throw new WardlineError('not-found', 'There is no such resource.');
  const patient = patientInId(ref) ?? (isCompartmentType(ref.type) ? await reader.locate(trust, ref) : undefined);
  if (patient === undefined) return { partition: partitionOf(trust, ref) };
  return { partition: partitionOf(trust, { patient }), patient };
}
