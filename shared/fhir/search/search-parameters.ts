import table from '../generated/search-parameters.json' with { type: 'json' };

/** Types of search parameters that resources are found by (http://hl7.org/fhir/R4/search.html#ptypes). */
export type PlainType = 'token' | 'reference' | 'string' | 'date' | 'uri' | 'number' | 'quantity' | 'special';
export type ParameterType = PlainType | 'composite';

/** A part of a composite parameter. */
export interface Component {
  /** The plain parameter that asks the same of the whole resource. */
  readonly p: string;
  readonly type: PlainType;
  /** FHIRPath, from the element that the composite's own expression finds. */
  readonly expression: string;
}

/** A search parameter of a type: http://hl7.org/fhir/R4/searchparameter-registry.html. */
export interface SearchParameter {
  readonly code: string;
  readonly type: ParameterType;
  /** FHIRPath; what any of them finds counts. */
  readonly expressions: readonly string[];
  /** Types that a reference may point to; undefined: any. */
  readonly targets?: readonly string[];
  readonly components?: readonly Component[];
}

type Row = Omit<SearchParameter, 'code'>;
const rows = table as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>> as Readonly<
  Record<string, Readonly<Record<string, Row>> | undefined>
>;
const known = new Map<string, ReadonlyMap<string, SearchParameter>>();

/** The parameters of a type, those of every resource included. */
export function parametersOf(type: string): ReadonlyMap<string, SearchParameter> {
  let found = known.get(type);
  if (found === undefined) {
    const own = Object.hasOwn(rows, type) ? rows[type] : {};
    const all = { ...rows['Resource'], ...rows['DomainResource'], ...own };
    found = new Map(Object.entries(all).map(([code, row]) => [code, { code, ...row }]));
    known.set(type, found);
  }
  return found;
}

/** The parameters by which resources of a type refer to others: what can be included. */
export const referencesOf = (type: string): SearchParameter[] =>
  [...parametersOf(type).values()].filter((parameter) => parameter.type === 'reference');
