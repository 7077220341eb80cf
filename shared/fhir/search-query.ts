import type { DateRange } from './date-range.ts';

/** Comparisons of dates (http://hl7.org/fhir/R4/search.html#prefix). */
export const prefixes = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'] as const;
export type Prefix = (typeof prefixes)[number];

/** One wanted value. */
export type Wanted =
  /** System `''`: only tokens without one. No code: any of the system. */
  | { readonly kind: 'token'; readonly system?: string; readonly code?: string }
  /** `Type/id`, an id whose type is open, or an address that is no FHIR one. */
  | { readonly kind: 'reference'; readonly target: string }
  | { readonly kind: 'string'; readonly value: string; readonly how: 'begins' | 'exact' | 'contains' }
  | { readonly kind: 'uri'; readonly value: string }
  | { readonly kind: 'date'; readonly prefix: Prefix; readonly range: DateRange; readonly text: string }
  | { readonly kind: 'id'; readonly value: string };

/** A parameter as it was asked: any of the values must match; with `not`, none may. */
export interface Criterion {
  readonly p: string;
  readonly anyOf: readonly Wanted[];
  readonly not?: true;
  /** Modifier :missing; `anyOf` is empty then. */
  readonly missing?: boolean;
}

/** A search as it was asked. Every criterion must match. */
export interface SearchQuery {
  readonly type: string;
  /** Id of the one patient whose compartment is searched. */
  readonly patient?: string;
  readonly criteria: readonly Criterion[];
  /** Most matches on the page. */
  readonly count: number;
  readonly summary: 'false' | 'count';
  /** In what order; empty: newest change first. */
  readonly sort: readonly { readonly p: string; readonly descending: boolean }[];
  /** Names of the parameters, for the audit entry; never their values. */
  readonly names: readonly string[];
}
