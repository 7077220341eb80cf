import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import type { FhirResource } from '../resource.ts';
import { toEntries } from './entry-values.ts';
import type { SearchEntry } from './search-entry.ts';
import { parametersOf, type SearchParameter } from './search-parameters.ts';

type Evaluate = (of: unknown, environment: Record<string, unknown>) => unknown[];
/** An element that a composite parameter is asked of, and how its components are found in it. */
interface Element {
  readonly find: Evaluate;
  readonly components: readonly Evaluate[];
}

const compiled = new Map<SearchParameter, readonly Element[]>();

function elementsOf(parameter: SearchParameter): readonly Element[] {
  let found = compiled.get(parameter);
  if (found === undefined) {
    found = parameter.expressions.map((base) => ({
      find: fhirpath.compile(base, r4) as unknown as Evaluate,
      components: (parameter.components ?? []).map(
        ({ expression }) => fhirpath.compile({ base, expression }, r4) as unknown as Evaluate,
      ),
    }));
    compiled.set(parameter, found);
  }
  return found;
}

/**
 * What a composite parameter compares: for each element, the entries of each component
 * (http://hl7.org/fhir/R4/search.html#composite: all parts must hold of the same element).
 */
export function compositeParts(resource: FhirResource, p: string): SearchEntry[][][] {
  const parameter = parametersOf(resource.resourceType).get(p);
  if (parameter?.components === undefined) return [];
  const { components } = parameter;
  return elementsOf(parameter).flatMap(({ find, components: evaluators }) =>
    find(resource, { resource }).map((element) =>
      components.map(({ p: part, type }, index) =>
        (evaluators[index]?.(element, { resource }) ?? [])
          .flatMap((value) => toEntries(type, value))
          .map((entry) => ({ p: part, ...entry })),
      ),
    ),
  );
}
