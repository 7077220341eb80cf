import { clinicalDate, dateRange, type FhirResource, timelineKindOf } from '../fhir/index.ts';

/** Between moment and name: after a clinical date, and after the time of recording where there is none. */
const clinical = '|';
const recorded = '~';

/**
 * Where a resource stands on its patient's timeline, as a text that sorts by time: the moment that its clinical date
 * begins (else that it was first recorded), then `Type|id`, so that no two are the same. It tells no more than the
 * dates and names that the index holds already.
 * @param before the key of the version before
 * @returns undefined where resources of its type stand on no timeline
 */
export function timelineKey(
  resource: FhirResource,
  of: string,
  lastUpdated: number,
  before: string | undefined,
): string | undefined {
  if (timelineKindOf(resource.resourceType) === undefined) return undefined;
  const range = dateRange(clinicalDate(resource) ?? '');
  if (range !== undefined) return `${momentText(range.from)}${clinical}${of}`;
  // An amendment does not move what has no date of its own.
  return before?.endsWith(`${recorded}${of}`) ? before : `${momentText(lastUpdated)}${recorded}${of}`;
}

/** A moment as keys begin with it: what lies before it sorts before it. */
export const momentText = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** The moment in a key, where the time of recording stands in for a clinical date. */
export function recordedMoment(key: string): string | undefined {
  const moment = key.slice(0, momentText(0).length);
  return key.slice(moment.length).startsWith(recorded) ? moment : undefined;
}
