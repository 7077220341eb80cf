import { manyOrigins, type Origin, rareNames } from './names.ts';
import { testNhsNumber } from './nhs-numbers.ts';
import { type Random, randomFrom } from './random.ts';

/** A synthetic person. Nobody of this name and number exists: the NHS numbers are of the range kept for tests. */
export interface DemoPatient {
  readonly nhsNumber: string;
  readonly family: string;
  readonly given: string;
  readonly gender: 'female' | 'male';
  /** FHIR date. */
  readonly birthDate: string;
  readonly line: string;
  readonly city: string;
  readonly postalCode: string;
}

const streets =
  'Mill Lane|Chapel Street|Moor Road|Station Terrace|Beck Side|Church View|Canal Street|Park Row|Cemetery Road|Oak Tree Close|Albion Place|Harehills Avenue'.split(
    '|',
  );
const towns = [
  ['Leeds', 'LS9'],
  ['Leeds', 'LS15'],
  ['Wakefield', 'WF1'],
  ['Pontefract', 'WF8'],
  ['Dewsbury', 'WF13'],
  ['Otley', 'LS21'],
  ['Batley', 'WF17'],
] as const;

/** Who is looked after somewhere: ages in completed years, both ends included. */
export interface Group {
  readonly ages: readonly [number, number];
  readonly gender?: 'female' | 'male';
}

/** Makes a person. @param year in which the person has the age */
export function makePerson(
  random: Random,
  nhsNumber: string,
  { ages: [youngest, oldest], gender: wanted }: Group,
  year: number,
  origins: readonly Origin[] = manyOrigins,
): DemoPatient {
  const gender = wanted ?? random.pick(['female', 'male'] as const);
  const { families, women, men } = pickOrigin(random, origins);
  const [city, district] = random.pick(towns);
  const birth = new Date(
    Date.UTC(year - 1 - youngest - random.below(oldest - youngest + 1), random.below(12), 1 + random.below(28)),
  );
  return {
    nhsNumber,
    family: random.pick(families),
    given: random.pick(gender === 'female' ? women : men),
    gender,
    birthDate: birth.toISOString().slice(0, 10),
    line: `${1 + random.below(98)} ${random.pick(streets)}`,
    city,
    postalCode: `${district} ${1 + random.below(8)}${random.pick(['AB', 'DE', 'HJ', 'QX', 'TN'])}`,
  };
}

function pickOrigin(random: Random, origins: readonly Origin[]): Origin {
  let at = random.next() * origins.reduce((sum, { weight }) => sum + weight, 0);
  for (const one of origins) {
    at -= one.weight;
    if (at < 0) return one;
  }
  return random.pick(origins);
}

/** The people of the seed; the same seed always makes the same ones. */
export function makePatients(count: number, seed: number): DemoPatient[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, index) =>
    makePerson(random, testNhsNumber(seed * 1000 + index), { ages: [24, 94] }, 2026, [rareNames]),
  );
}
