import type { FhirResource } from '../resource.ts';
import { fold } from '../search/search-entry.ts';
import { elementAt, itemsOf, textAt } from '../timeline/element.ts';

/** What two Patients are compared by; lower case, without accents. */
export interface Person {
  readonly nhsNumbers: readonly string[];
  readonly families: readonly string[];
  /** First given names. */
  readonly givens: readonly string[];
  /** FHIR date, as precise as it is known. */
  readonly birthDate: string | undefined;
  /** Without spaces. */
  readonly postcodes: readonly string[];
  readonly gender: string | undefined;
}

const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';

/** Every name and address that the Patient has or had counts: people marry, and move. */
export function personIn(patient: FhirResource): Person {
  const names = itemsOf(patient, 'name');
  const gender = textAt(patient, ['gender']);
  return {
    nhsNumbers: distinct(
      itemsOf(patient, 'identifier').flatMap((one) =>
        textAt(one, ['system']) === nhsNumberSystem ? (textAt(one, ['value'])?.replaceAll(/\s/g, '') ?? []) : [],
      ),
    ),
    families: distinct(names.flatMap((name) => folded(textAt(name, ['family'])))),
    givens: distinct(names.flatMap((name) => folded(elementAt(name, 'given')))),
    birthDate: textAt(patient, ['birthDate']),
    postcodes: distinct(
      itemsOf(patient, 'address').flatMap((address) =>
        folded(textAt(address, ['postalCode'])).map((code) => code.replaceAll(/\s/g, '')),
      ),
    ),
    gender: gender === 'unknown' ? undefined : gender,
  };
}

/** The part of a postcode that names the town: `LS1` of `LS1 3EX`. */
export const outwardOf = (postcode: string): string => (postcode.length > 4 ? postcode.slice(0, -3) : postcode);

const folded = (value: unknown): string[] => (typeof value === 'string' && fold(value) !== '' ? [fold(value)] : []);
const distinct = (values: readonly string[]): string[] => [...new Set(values)];
