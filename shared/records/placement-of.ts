import type { Clock, Ods } from '../context.ts';
import type { FhirResource } from '../fhir/index.ts';
import type { Placement } from './documents.ts';
import { type LocationLike, presentLocation } from './placements.ts';
import type { Wards } from './wards.ts';

/** The placement that an Encounter causes; undefined: it places the patient in no ward of the trust. */
export async function placementOf(
  { wards, clock }: { wards: Wards; clock: Clock },
  trust: Ods,
  encounter: FhirResource & { id: string },
  inCommit: ReadonlyMap<string, LocationLike>,
): Promise<Placement | undefined> {
  const present = presentLocation(encounter);
  if (present === undefined) return undefined;
  const place = await wards.find(trust, present.location, inCommit);
  if (place === undefined) return undefined;
  return { encounter: encounter.id, ...place, since: present.since ?? clock.now().toISOString() };
}
