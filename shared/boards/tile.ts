import type { FhirResource } from '../fhir/index.ts';
import { news2Code, partsExtension } from '../forms/index.ts';

/** What a board knows of a patient; sealed where it is stored. */
export interface Tile {
  readonly patient: string;
  readonly encounter: string;
  readonly bed: string;
  readonly since: string;
  readonly family: string;
  readonly given: string;
  readonly birthDate?: string;
  readonly sex?: string;
  readonly news2?: TileNews2;
}

export interface TileNews2 {
  readonly total: number;
  readonly complete: boolean;
  readonly singleParameter: boolean;
  /** FHIR dateTime. */
  readonly observedAt: string;
  readonly trend: 'up' | 'down' | 'same' | 'first';
}

/** How much a board shows: on a wall, to staff of the ward. */
export type PrivacyMode = 'public' | 'staff-area';

/** A patient's tile from the present record. Pure: the same record always gives the same tile. */
export function tileOf(
  placement: { readonly encounter: string; readonly bed: string; readonly since: string },
  patient: FhirResource,
  observations: readonly FhirResource[],
): Tile {
  const name = (Array.isArray(patient['name']) ? patient['name'][0] : undefined) as
    | { family?: string; given?: string[] }
    | undefined;
  const scores = observations
    .filter(isNews2)
    .sort((a, b) => momentOf(b) - momentOf(a) || (a.id ?? '').localeCompare(b.id ?? ''));
  const [latest, before] = scores;
  const { birthDate, gender } = patient as { birthDate?: string; gender?: string };
  return {
    patient: String(patient.id),
    encounter: placement.encounter,
    bed: placement.bed,
    since: placement.since,
    family: name?.family ?? '',
    given: name?.given?.[0] ?? '',
    ...(birthDate === undefined ? {} : { birthDate }),
    ...(gender === undefined ? {} : { sex: gender }),
    ...(latest === undefined ? {} : { news2: news2Of(latest, before) }),
  };
}

const isNews2 = (resource: FhirResource): boolean =>
  resource['status'] !== 'entered-in-error' &&
  ((resource['code'] as { coding?: { system?: string; code?: string }[] } | undefined)?.coding ?? []).some(
    ({ system, code }) => system === news2Code.system && code === news2Code.code,
  );

const observedAt = (resource: FhirResource): string => String(resource['effectiveDateTime'] ?? '');
const momentOf = (resource: FhirResource): number => Date.parse(observedAt(resource)) || 0;

function news2Of(latest: FhirResource, before: FhirResource | undefined): TileNews2 {
  const parts =
    ((latest['extension'] ?? []) as { url: string; extension?: { url: string; valueBoolean?: boolean }[] }[]).find(
      ({ url }) => url === partsExtension,
    )?.extension ?? [];
  const flag = (name: string): boolean => parts.find(({ url }) => url === name)?.valueBoolean ?? false;
  const total = Number(latest['valueInteger']);
  const previous = before === undefined ? undefined : Number(before['valueInteger']);
  const trend = previous === undefined ? 'first' : total > previous ? 'up' : total < previous ? 'down' : 'same';
  return {
    total,
    complete: flag('complete'),
    singleParameter: flag('single-parameter'),
    observedAt: observedAt(latest),
    trend,
  };
}

/** Name, age and sex as the mode lets them be seen. */
export function labelOf(
  { family, given, birthDate, sex, patient }: Tile,
  mode: PrivacyMode,
  now: Date,
): { id?: string; label: string; age?: number; sex?: string } {
  const initials = `${given.slice(0, 1)}${family.slice(0, 1)}`.toUpperCase();
  const age = birthDate === undefined ? undefined : ageAt(birthDate, now);
  return {
    ...(mode === 'staff-area' ? { id: patient } : {}),
    label: mode === 'staff-area' ? `${family.toUpperCase()}, ${given.slice(0, 1)}` : initials,
    ...(age === undefined ? {} : { age }),
    ...(sex === undefined ? {} : { sex }),
  };
}

function ageAt(birthDate: string, now: Date): number {
  const born = new Date(birthDate);
  const years = now.getUTCFullYear() - born.getUTCFullYear();
  const birthdayIsAhead =
    now.getUTCMonth() < born.getUTCMonth() ||
    (now.getUTCMonth() === born.getUTCMonth() && now.getUTCDate() < born.getUTCDate());
  return birthdayIsAhead ? years - 1 : years;
}
