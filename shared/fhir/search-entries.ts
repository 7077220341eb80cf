import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import { type EntryValue, toEntries } from './entry-values.ts';
import type { FhirResource } from './resource.ts';
import type { SearchEntry } from './search-entry.ts';
import { parametersOf, type SearchParameter } from './search-parameters.ts';

type Extract = (resource: FhirResource) => unknown[];
interface Extractor {
  readonly parameter: SearchParameter;
  readonly extracts: readonly Extract[];
}

/** What the record keeps beside a resource, and what every resource has. */
const notKept = new Set(['_id', '_lastUpdated']);
const compiled = new Map<string, readonly Extractor[]>();

/** Compiling a type's expressions takes milliseconds: it happens when the first of its kind is written. */
function extractorsOf(type: string): readonly Extractor[] {
  let found = compiled.get(type);
  if (found === undefined) {
    found = [...parametersOf(type).values()]
      .filter(({ code }) => !notKept.has(code))
      .map((parameter) => ({
        parameter,
        extracts: parameter.expressions.map((expression) => fhirpath.compile(expression, r4) as unknown as Extract),
      }));
    compiled.set(type, found);
  }
  return found;
}

/** Everything that a resource is found by (http://hl7.org/fhir/R4/search.html). */
export const searchEntries = (resource: FhirResource): SearchEntry[] =>
  extractorsOf(resource.resourceType).flatMap(({ parameter, extracts }) =>
    extracts
      .flatMap((extract) => extract(resource))
      .flatMap((value) => toEntries(parameter.type, value))
      .map((entry: EntryValue) => ({ p: parameter.code, ...entry })),
  );
