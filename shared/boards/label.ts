import type { Tile } from './tile.ts';

/** How much a board shows: to whoever passes its wall, or to staff. */
export type PrivacyMode = 'public' | 'staff-area';

export interface Label {
  readonly id?: string;
  readonly label: string;
  /** Completed years. */
  readonly age?: number;
  readonly sex?: string;
}

/** Who lies there, as the mode lets it be seen: initials on a wall, surname and initial to staff. */
export function labelOf({ family, given, birthDate, sex, patientId }: Tile, mode: PrivacyMode, now: Date): Label {
  const initial = (name: string): string => [...name][0]?.toUpperCase() ?? '';
  const age = birthDate === undefined ? undefined : ageAt(birthDate, now);
  const surname = [family.toUpperCase(), initial(given)].filter((part) => part !== '').join(', ');
  return {
    ...(mode === 'staff-area' ? { id: patientId } : {}),
    label: (mode === 'staff-area' ? surname : `${initial(given)}${initial(family)}`) || 'Unknown',
    ...(age === undefined ? {} : { age }),
    ...(sex === undefined ? {} : { sex }),
  };
}

/** @param birthDate FHIR date, perhaps without day or month: then the first one counts */
function ageAt(birthDate: string, now: Date): number {
  const born = new Date(birthDate);
  const years = now.getUTCFullYear() - born.getUTCFullYear();
  const month = now.getUTCMonth() - born.getUTCMonth();
  const birthdayIsAhead = month < 0 || (month === 0 && now.getUTCDate() < born.getUTCDate());
  return birthdayIsAhead ? years - 1 : years;
}
