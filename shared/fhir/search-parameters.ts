import table from './generated/search-parameters.json' with { type: 'json' };

/** A search parameter of a type: http://hl7.org/fhir/R4/searchparameter-registry.html. */
export interface SearchParameter {
  readonly code: string;
  readonly type: 'token' | 'reference' | 'string' | 'date' | 'uri';
  /** FHIRPath. */
  readonly expression: string;
}

type Table = Readonly<
  Record<string, Readonly<Record<string, { readonly type: string; readonly expression: string }>> | undefined>
>;

const known = new Map<string, ReadonlyMap<string, SearchParameter>>();

/** The parameters of a type, those of every resource included. */
export function parametersOf(type: string): ReadonlyMap<string, SearchParameter> {
  let found = known.get(type);
  if (found === undefined) {
    const rows = { ...(table as Table)['Resource'], ...(table as Table)[type] };
    found = new Map(Object.entries(rows).map(([code, row]) => [code, { code, ...row } as SearchParameter]));
    known.set(type, found);
  }
  return found;
}
