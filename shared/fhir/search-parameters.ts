import table from './generated/search-parameters.json' with { type: 'json' };

/** Types of search parameters that resources are found by (http://hl7.org/fhir/R4/search.html#ptypes). */
export type ParameterType = 'token' | 'reference' | 'string' | 'date' | 'uri' | 'number' | 'quantity';

/** A search parameter of a type: http://hl7.org/fhir/R4/searchparameter-registry.html. */
export interface SearchParameter {
  readonly code: string;
  readonly type: ParameterType;
  /** FHIRPath; what any of them finds counts. */
  readonly expressions: readonly string[];
  /** The one type that a reference may point to. */
  readonly target?: string;
}

type Row = Omit<SearchParameter, 'code'>;
const rows = table as Readonly<Record<string, Readonly<Record<string, Row>> | undefined>>;
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

/** Those that a type can be searched by: numbers and quantities are only kept yet. */
export const searchableParameters = (type: string): SearchParameter[] =>
  [...parametersOf(type).values()].filter((parameter) => parameter.type !== 'number' && parameter.type !== 'quantity');
