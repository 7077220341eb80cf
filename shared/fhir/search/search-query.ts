import type { DateRange } from '../date-range.ts';

/** Comparisons (http://hl7.org/fhir/R4/search.html#prefix). */
export const prefixes = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'] as const;
export type Prefix = (typeof prefixes)[number];

/** A number as it was asked for: itself, and the span that its digits or `ap` leave open (`high` is not in it). */
export interface AskedNumber {
  readonly prefix: Prefix;
  readonly exact: number;
  readonly low: number;
  readonly high: number;
}

/** One wanted value. */
export type Wanted =
  /** System `''`: only tokens without one. No code: any of the system. */
  | { readonly kind: 'token'; readonly system?: string; readonly code?: string }
  /** Modifier :text; folded. */
  | { readonly kind: 'token-text'; readonly value: string }
  /** Modifier :of-type: an identifier's type and value. */
  | { readonly kind: 'of-type'; readonly system: string; readonly code: string; readonly value: string }
  /** `Type/id`, an id whose type is open, or an address that is no FHIR one. */
  | {
      readonly kind: 'reference';
      readonly target: string;
      readonly version?: string;
      /** The whole address, where it was given as one: a canonical may look like a resource's. */
      readonly address?: string;
    }
  /** Modifier :identifier. */
  | { readonly kind: 'identifier'; readonly system?: string; readonly code?: string }
  | { readonly kind: 'string'; readonly value: string; readonly how: 'begins' | 'exact' | 'contains' }
  | { readonly kind: 'uri'; readonly value: string; readonly how: 'exact' | 'above' | 'below' }
  | { readonly kind: 'date'; readonly prefix: Prefix; readonly range: DateRange; readonly text: string }
  | ({ readonly kind: 'number' } & AskedNumber)
  | ({ readonly kind: 'quantity'; readonly system?: string; readonly unit?: string } & AskedNumber)
  | { readonly kind: 'near'; readonly latitude: number; readonly longitude: number; readonly kilometres: number }
  /** One part a component of a composite parameter, all of the same element. */
  | { readonly kind: 'composite'; readonly parts: readonly Wanted[] }
  | { readonly kind: 'id'; readonly value: string };

/** A parameter as it was asked: any of the values must match; with `not`, none may. */
export interface Criterion {
  readonly p: string;
  /** Further parameters that may hold the value instead: those of a compartment. */
  readonly orIn?: readonly string[];
  readonly anyOf: readonly Wanted[];
  readonly not?: true;
  /** Modifier :missing; `anyOf` is empty then. */
  readonly missing?: boolean;
}

/** A condition on other resources than the one searched: it takes a search of its own. */
export type Link =
  /** A chained parameter: `p` refers to what one of these searches finds. */
  | { readonly kind: 'chain'; readonly p: string; readonly anyOf: readonly SearchQuery[] }
  /** `_has`: what this search finds refers by `p` to the resource. */
  | { readonly kind: 'has'; readonly p: string; readonly query: SearchQuery }
  /** `_list`: the resource is an item of the List. */
  | { readonly kind: 'list'; readonly id: string }
  /** Modifiers :in and :not-in: `p` holds a code of the ValueSet (its id or its canonical address). */
  | { readonly kind: 'in'; readonly p: string; readonly valueSet: string; readonly not: boolean };

/** Resources that come along with matches (http://hl7.org/fhir/R4/search.html#include). */
export interface Include {
  readonly reverse: boolean;
  /** The type whose parameter it is; `*`: any. */
  readonly source: string;
  /** The parameter; `*`: every reference. */
  readonly p: string;
  readonly target?: string;
  readonly iterate: boolean;
}

export type Summary = 'false' | 'true' | 'text' | 'data' | 'count';

/** A search as it was asked. Every criterion and every link must match. */
export interface SearchQuery {
  readonly type: string;
  /** Id of the one patient whose compartment is searched. */
  readonly patient?: string;
  readonly criteria: readonly Criterion[];
  readonly links: readonly Link[];
  readonly includes: readonly Include[];
  /** Most matches on the page. */
  readonly count: number;
  readonly summary: Summary;
  /** Elements of the first level; undefined: all. */
  readonly elements?: readonly string[];
  /** Whether the answer says how many match. */
  readonly total: boolean;
  /** In what order; empty: what was created last comes first, as far as ids tell. */
  readonly sort: readonly { readonly p: string; readonly descending: boolean }[];
  /** The moment whose record is searched, epoch milliseconds; undefined: now. */
  readonly at?: number;
  /** Names of the parameters, for the audit entry; never their values. */
  readonly names: readonly string[];
  /** Parameters that were passed over, as the caller allowed. */
  readonly ignored: readonly string[];
}

/** A search without anything but criteria. */
export const plainSearch = (
  type: string,
  criteria: readonly Criterion[],
  links: readonly Link[] = [],
): SearchQuery => ({
  type,
  criteria,
  links,
  includes: [],
  count: 0,
  summary: 'false',
  total: true,
  sort: [],
  names: [],
  ignored: [],
});
