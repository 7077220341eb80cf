import { outwardOf, type Person } from './person.ts';

/** http://hl7.org/fhir/R4/valueset-match-grade.html; what is certainly no match is not shown. */
export type MatchGrade = 'certain' | 'probable' | 'possible';

export interface Graded {
  /** 0 to 1. */
  readonly score: number;
  /** Undefined: no match. */
  readonly grade: MatchGrade | undefined;
}

type Likeness = 'same' | 'close' | 'other';

/** Points for each likeness; what one of the two does not say counts for nothing, and out of nothing. */
const points: Readonly<
  Record<'nhsNumber' | 'birthDate' | 'family' | 'given' | 'postcode' | 'gender', Record<Likeness, number>>
> = {
  nhsNumber: { same: 40, close: 0, other: -40 },
  birthDate: { same: 20, close: 8, other: -10 },
  // Less than for given names: families change by marriage.
  family: { same: 15, close: 8, other: -5 },
  given: { same: 10, close: 5, other: -8 },
  postcode: { same: 10, close: 4, other: 0 },
  gender: { same: 5, close: 0, other: -5 },
};
const probableFrom = 0.8;
/** Points that must agree for it: two names are many people's. */
const probablePoints = 40;
const possibleFrom = 0.5;

/**
 * How sure it is that a candidate is the person who is looked for; docs/patient-matching.md says why so. `certain`: the same NHS
 * number, the same birth date and a name that agrees. Without NHS number nothing is certain, with another one nothing
 * more than possible; the same number is never less.
 */
export function gradeOf(wanted: Person, candidate: Person): Graded {
  const likeness = {
    nhsNumber: best(wanted.nhsNumbers, candidate.nhsNumbers, (a, b) => (a === b ? 'same' : 'other')),
    birthDate: both(wanted.birthDate, candidate.birthDate, dates),
    family: best(wanted.families, candidate.families, names),
    given: best(wanted.givens, candidate.givens, names),
    postcode: best(wanted.postcodes, candidate.postcodes, postcodes),
    gender: both(wanted.gender, candidate.gender, (a, b) => (a === b ? 'same' : 'other')),
  };
  let sum = 0;
  let most = 0;
  for (const [name, table] of Object.entries(points)) {
    const found = likeness[name as keyof typeof likeness];
    if (found === undefined) continue;
    sum += table[found];
    most += table.same;
  }
  const score = most === 0 ? 0 : Math.max(0, Math.round((sum / most) * 100) / 100);
  return { score, grade: decided(likeness, score, sum) };
}

function decided(
  { nhsNumber, birthDate, family, given }: Record<'nhsNumber' | 'birthDate' | 'family' | 'given', Likeness | undefined>,
  score: number,
  sum: number,
): MatchGrade | undefined {
  const agrees = (one: Likeness | undefined): boolean => one === 'same' || one === 'close';
  if (nhsNumber === 'same' && birthDate === 'same' && (agrees(family) || agrees(given))) return 'certain';
  if (score >= probableFrom && sum >= probablePoints && nhsNumber !== 'other') return 'probable';
  return score >= possibleFrom || nhsNumber === 'same' ? 'possible' : undefined;
}

const both = <T>(a: T | undefined, b: T | undefined, compare: (a: T, b: T) => Likeness): Likeness | undefined =>
  a === undefined || b === undefined ? undefined : compare(a, b);

function best(
  some: readonly string[],
  others: readonly string[],
  compare: (a: string, b: string) => Likeness,
): Likeness | undefined {
  if (some.length === 0 || others.length === 0) return undefined;
  const found = new Set(some.flatMap((a) => others.map((b) => compare(a, b))));
  return (['same', 'close', 'other'] as const).find((one) => found.has(one));
}

/** Close: one is the beginning of the other (an initial, a short form, half of a double name), or one letter is wrong. */
function names(a: string, b: string): Likeness {
  if (a === b) return 'same';
  if (a.startsWith(b) || b.startsWith(a)) return 'close';
  const parts = (text: string): string[] => text.split(/[\s-]+/);
  if (parts(a).some((part) => part.length > 2 && parts(b).includes(part))) return 'close';
  return oneEdit(a, b) ? 'close' : 'other';
}

/** Close: less precise, day and month exchanged, or one of year, month and day different. */
function dates(a: string, b: string): Likeness {
  if (a === b) return 'same';
  if (a.startsWith(b) || b.startsWith(a)) return 'close';
  const [yearA, monthA, dayA] = a.split('-');
  const [yearB, monthB, dayB] = b.split('-');
  if (yearA === yearB && monthA === dayB && dayA === monthB) return 'close';
  return [yearA === yearB, monthA === monthB, dayA === dayB].filter(Boolean).length === 2 ? 'close' : 'other';
}

const postcodes = (a: string, b: string): Likeness =>
  a === b ? 'same' : outwardOf(a) === outwardOf(b) ? 'close' : 'other';

/** One letter more, less or different, or two neighbours exchanged. */
function oneEdit(a: string, b: string): boolean {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1 || short.length < 3) return false;
  let start = 0;
  while (start < short.length && long[start] === short[start]) start++;
  const rest = long.slice(start + 1);
  if (long.length > short.length) return rest === short.slice(start);
  return (
    rest === short.slice(start + 1) ||
    (long[start] === short[start + 1] &&
      long[start + 1] === short[start] &&
      long.slice(start + 2) === short.slice(start + 2))
  );
}
