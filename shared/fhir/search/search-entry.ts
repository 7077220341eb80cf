/** What a resource is found by, one search parameter's value each. `p` is the parameter's code. */
export type SearchEntry =
  | TokenEntry
  /** `target`: `Type/id` for literal references, else as written; `version` and `identifier` where it has them. */
  | {
      readonly p: string;
      readonly kind: 'reference';
      readonly target?: string;
      readonly version?: string;
      readonly identifier?: { readonly system?: string; readonly code: string };
    }
  /** As written. */
  | { readonly p: string; readonly kind: 'string'; readonly value: string }
  /** The period that the value stands for, epoch milliseconds, both ends inclusive. */
  | { readonly p: string; readonly kind: 'date'; readonly from: number; readonly to: number; readonly text: string }
  | { readonly p: string; readonly kind: 'uri'; readonly value: string }
  /** A single number has two equal ends; an open end is as far as numbers go. */
  | { readonly p: string; readonly kind: 'number'; readonly low: number; readonly high: number }
  | QuantityEntry
  /** Degrees, WGS84. */
  | { readonly p: string; readonly kind: 'position'; readonly latitude: number; readonly longitude: number };

export interface TokenEntry {
  readonly p: string;
  readonly kind: 'token';
  readonly system?: string;
  readonly code?: string;
  /** What people read: Coding.display, CodeableConcept.text, Identifier.type.text. */
  readonly text?: string;
  /** Identifier.type, for the modifier :of-type. */
  readonly ofType?: readonly { readonly system?: string; readonly code: string }[];
}

export interface QuantityEntry {
  readonly p: string;
  readonly kind: 'quantity';
  readonly low: number;
  readonly high: number;
  readonly system?: string;
  readonly code?: string;
  readonly unit?: string;
}

/** Folds text for string search (http://hl7.org/fhir/R4/search.html#string: case and accents do not matter). */
export const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .trim();
