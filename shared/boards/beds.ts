import type { Call, Ods } from '../context.ts';
import { type FhirResource, parseSearch } from '../fhir/index.ts';
import type { Records } from '../records/index.ts';

/** From a ward over bays and rooms down to the beds. */
const levels = 4;

const isBed = (location: FhirResource): boolean =>
  (location as { physicalType?: { coding?: { code?: string }[] } }).physicalType?.coding?.some(
    ({ code }) => code === 'bd',
  ) ?? false;

/**
 * Ids of the beds of a ward, in order: Locations that are part of it, directly or over bays, and are beds
 * (http://hl7.org/fhir/R4/valueset-location-physical-type.html: `bd`).
 * @throws WardlineError `not-found` when there is no such Location
 */
export async function bedsOf(records: Records, call: Call, trust: Ods, ward: string): Promise<string[]> {
  const { session } = await records.read(call, trust, { type: 'Location', id: ward });
  const beds: string[] = [];
  let above = [ward];
  for (let level = 0; level < levels && above.length > 0; level++) {
    const query = parseSearch(
      'Location',
      new URLSearchParams({ partof: above.map((id) => `Location/${id}`).join(',') }),
    );
    // With the session of a read: what was added a moment ago is found, whichever replica answers.
    const { matches } = await records.search({ ...call, session }, trust, query);
    const locations = matches.map(({ resource }) => resource);
    beds.push(...locations.filter(isBed).map(({ id }) => id ?? ''));
    above = locations.filter((location) => !isBed(location)).map(({ id }) => id ?? '');
  }
  return beds.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
