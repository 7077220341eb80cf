import type { BedMoved } from './bed-moved.ts';

/** Encounter.location (http://hl7.org/fhir/R4/encounter-definitions.html#Encounter.location). */
export interface EncounterLocation {
  readonly location: { readonly reference?: string };
  readonly status?: string;
  readonly period?: { readonly start?: string; readonly end?: string };
  readonly extension?: readonly { readonly url: string; readonly valueString?: string }[];
}

/** Names the event that a location came from, as `moment|sequence`: so a second delivery is recognised. */
const movedBy = 'https://wardline.nhs.uk/StructureDefinition/moved-by';

/**
 * An encounter's locations after a movement: the bed becomes the present one; or, when the patient has moved on since
 * or the encounter is over, a part of the history that moves nobody. Undefined: the movement is known already.
 */
export function locationsAfter(
  locations: readonly EncounterLocation[],
  { bed, occurredAt, sequence }: Pick<BedMoved, 'bed' | 'occurredAt' | 'sequence'>,
  encounterIsOpen: boolean,
): EncounterLocation[] | undefined {
  if (locations.some((one) => markOf(one) === `${occurredAt}|${sequence}`)) return undefined;
  const at = Date.parse(occurredAt);
  const moved = {
    extension: [{ url: movedBy, valueString: `${occurredAt}|${sequence}` }],
    location: { reference: `Location/${bed}` },
  };
  const late = !encounterIsOpen || locations.some((one) => isPresent(one) && isAfter(one, at, sequence));
  if (!late) {
    const closed = locations.map((one) => (isPresent(one) ? endedAt(one, occurredAt) : one));
    return [...closed, { ...moved, status: 'active', period: { start: occurredAt } }];
  }
  // Until the next one: only the last movement of an encounter that is over ends when it began.
  const next = locations.map(startOf).filter((start) => start >= at);
  const end = next.length === 0 ? occurredAt : new Date(Math.min(...next)).toISOString();
  const cut = locations.map((one) => (startOf(one) < at && endOf(one) > at ? endedAt(one, occurredAt) : one));
  return [...cut, { ...moved, status: 'completed', period: { start: occurredAt, end } }];
}

const startOf = ({ period }: EncounterLocation): number =>
  period?.start === undefined ? Number.NEGATIVE_INFINITY : Date.parse(period.start);
const endOf = ({ period }: EncounterLocation): number =>
  period?.end === undefined ? Number.POSITIVE_INFINITY : Date.parse(period.end);
const isPresent = ({ status, period }: EncounterLocation): boolean =>
  status === 'active' || (status === undefined && period?.end === undefined);
const markOf = ({ extension }: EncounterLocation): string | undefined =>
  extension?.find(({ url }) => url === movedBy)?.valueString;

/** Whether a location began later than a movement; of one moment the greater sequence is the later. */
function isAfter(location: EncounterLocation, at: number, sequence: number): boolean {
  const start = startOf(location);
  return start > at || (start === at && Number(markOf(location)?.split('|')[1] ?? Number.NEGATIVE_INFINITY) > sequence);
}

const endedAt = (location: EncounterLocation, end: string): EncounterLocation => ({
  ...location,
  status: 'completed',
  period: { ...location.period, end },
});
