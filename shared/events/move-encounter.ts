import type { Call, Ods } from '../context.ts';
import { hasCode, WardlineError } from '../errors.ts';
import type { FhirResource } from '../fhir/index.ts';
import type { Records } from '../records/index.ts';
import type { BedMoved } from './bed-moved.ts';
import { type EncounterLocation, locationsAfter } from './locations-after.ts';

const triesAtMost = 5;

/** Encounter.status of who is in the house or on the way (http://hl7.org/fhir/R4/valueset-encounter-status.html). */
const open: ReadonlySet<unknown> = new Set(['planned', 'arrived', 'triaged', 'in-progress', 'onleave']);

/**
 * Writes a movement into the encounter. A second delivery changes nothing.
 * @throws WardlineError `not-found` for an unknown encounter or bed, `business-rule` when the Location is no bed
 */
export async function moveEncounter(records: Records, call: Call, moved: BedMoved): Promise<void> {
  const { trust, encounter: id } = moved;
  await requireBed(records, call, trust, moved.bed);
  for (let attempt = 0; attempt < triesAtMost; attempt++) {
    const { found } = await records.read(call, trust, { type: 'Encounter', id });
    const before = found.resource as FhirResource & { readonly location?: readonly EncounterLocation[] };
    const location = locationsAfter(before.location ?? [], moved, open.has(before['status']));
    if (location === undefined) return;
    const change = {
      ...({ kind: 'update', type: 'Encounter', id, ifMatch: found.versionId } as const),
      resource: { ...before, location },
    };
    try {
      await records.commit(call, trust, [change], { subtype: 'bed-moved', action: 'U' });
      return;
    } catch (error) {
      if (!hasCode(error, 'version-mismatch')) throw error;
    }
  }
  throw new WardlineError('conflict', 'The encounter is written by too many at once.', { retryAfter: 1 });
}

async function requireBed(records: Records, call: Call, trust: Ods, id: string): Promise<void> {
  const { found } = await records.read(call, trust, { type: 'Location', id });
  const { physicalType } = found.resource as { physicalType?: { coding?: { code?: string }[] } };
  if (!physicalType?.coding?.some(({ code }) => code === 'bd'))
    throw new WardlineError('business-rule', 'The Location is no bed.', { expression: 'Location.physicalType' });
}
