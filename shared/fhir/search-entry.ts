/** What a resource is found by, one search parameter's value each. `p` is the parameter's code. */
export type SearchEntry =
  | { readonly p: string; readonly kind: 'token'; readonly system?: string; readonly code?: string }
  /** `Type/id` for literal references, else the reference as written. */
  | { readonly p: string; readonly kind: 'reference'; readonly target: string }
  /** As written. */
  | { readonly p: string; readonly kind: 'string'; readonly value: string }
  /** The period that the value stands for, epoch milliseconds, both ends inclusive. */
  | { readonly p: string; readonly kind: 'date'; readonly from: number; readonly to: number; readonly text: string }
  | { readonly p: string; readonly kind: 'uri'; readonly value: string }
  | { readonly p: string; readonly kind: 'number'; readonly value: number }
  | {
      readonly p: string;
      readonly kind: 'quantity';
      readonly value: number;
      readonly system?: string;
      readonly code?: string;
      readonly unit?: string;
    };

/** Folds text for string search (http://hl7.org/fhir/R4/search.html#string: case and accents do not matter). */
export const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .trim();
