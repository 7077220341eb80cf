/** What clinicians call the kinds of record on a patient's timeline, and the resource types that each is kept in. */
export const timelineKinds = {
  encounter: ['Encounter'],
  diagnosis: ['Condition'],
  medication: ['MedicationRequest', 'MedicationStatement', 'MedicationAdministration', 'MedicationDispense'],
  plan: ['CarePlan'],
  allergy: ['AllergyIntolerance'],
  result: ['Observation', 'DiagnosticReport'],
  scan: ['ImagingStudy'],
  immunisation: ['Immunization'],
  procedure: ['Procedure'],
  alert: ['Flag'],
  task: ['Task'],
  letter: ['DocumentReference'],
} as const;

export type TimelineKind = keyof typeof timelineKinds;

const kindOf: ReadonlyMap<string, TimelineKind> = new Map(
  Object.entries(timelineKinds).flatMap(([kind, types]) =>
    types.map((type): [string, TimelineKind] => [type, kind as TimelineKind]),
  ),
);

/** Undefined: resources of the type do not stand on the timeline. */
export const timelineKindOf = (type: string): TimelineKind | undefined => kindOf.get(type);

export const isTimelineKind = (text: string): text is TimelineKind => Object.hasOwn(timelineKinds, text);
