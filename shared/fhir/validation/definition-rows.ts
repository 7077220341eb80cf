/** What `tools/generate-definitions.ts` keeps of the published definitions (http://hl7.org/fhir/R4/elementdefinition.html). */

/** An invariant whose breach is an error. */
export interface InvariantRow {
  readonly key: string;
  /** FHIRPath, evaluated on the element. */
  readonly expression: string;
  readonly human: string;
  /** The element without which the invariant holds, so that most are never evaluated. */
  readonly when?: string;
}

/** An element of a type. */
export interface ElementRow {
  /** FHIR types, or the path of a nested type such as `Patient.contact`. */
  readonly types: readonly string[];
  /** Several types: the property's name ends in that of its type (`value[x]`). */
  readonly choice?: true;
  readonly min?: number;
  /** Absent: 1. */
  readonly max?: number | '*';
  /** Resource types that a reference may lead to; absent: any. */
  readonly targets?: readonly string[];
  /** URL of the value set that is required. */
  readonly binding?: string;
  /** A Quantity without comparator (sqty-1). */
  readonly simple?: true;
  readonly invariants?: readonly InvariantRow[];
}

/** A type; elements and invariants of its base are its own too. */
export interface TypeRow {
  readonly base?: string;
  readonly elements: Readonly<Record<string, ElementRow>>;
  readonly invariants?: readonly InvariantRow[];
}

/** What tells the slices of an element apart (http://hl7.org/fhir/R4/profiling.html#slicing). */
export interface Slicing {
  readonly by: readonly { readonly type: string; readonly path: string }[];
  readonly closed?: true;
}

/** What a profile asks of an element beyond its base type. */
export interface ProfileNode {
  readonly choice?: true;
  readonly min?: number;
  readonly max?: number;
  /** Types that the profile leaves of a choice. */
  readonly types?: readonly string[];
  /** Resource types that the profile leaves of a reference. */
  readonly targets?: readonly string[];
  readonly fixed?: unknown;
  readonly pattern?: unknown;
  readonly binding?: string;
  /** The definition that an extension must be of. */
  readonly extension?: string;
  readonly invariants?: readonly InvariantRow[];
  /** The element's path, which names in the invariants are relative to. */
  readonly at?: string;
  readonly slicing?: Slicing;
  readonly slices?: Readonly<Record<string, ProfileNode>>;
  readonly children?: Readonly<Record<string, ProfileNode>>;
}

/** A profile, or the definition of an extension. */
export interface ProfileRow {
  /** The type that it is a profile of. */
  readonly type: string;
  readonly root: ProfileNode;
  /** Elements and types that an extension may stand in; absent: anywhere. */
  readonly contexts?: readonly string[];
}

/** Codes of a value set by code system. */
export type CodesBySystem = Readonly<Record<string, readonly string[]>>;
