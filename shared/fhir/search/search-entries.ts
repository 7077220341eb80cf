import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import type { FhirResource } from '../resource.ts';
import { type EntryValue, toEntries } from './entry-values.ts';
import type { SearchEntry } from './search-entry.ts';
import { type PlainType, parametersOf } from './search-parameters.ts';

type Extract = (resource: FhirResource) => unknown[];
interface Extractor {
  readonly p: string;
  readonly type: PlainType;
  readonly extracts: readonly Extract[];
}

/** What the record keeps beside a resource, and what every resource has. */
const notKept = new Set(['_id', '_lastUpdated']);
const compiled = new Map<string, readonly Extractor[]>();

/** Compiling a type's expressions takes milliseconds: it happens when the first of its kind is written. */
function extractorsOf(type: string): readonly Extractor[] {
  let found = compiled.get(type);
  if (found === undefined) {
    found = [...parametersOf(type).values()].flatMap(({ code, type: kind, expressions }) =>
      // Composites are looked up in the resource when they are asked for: keeping them would double what is kept.
      kind === 'composite' || notKept.has(code)
        ? []
        : [
            {
              p: code,
              type: kind,
              extracts: expressions.map((one) => fhirpath.compile(one, r4) as unknown as Extract),
            },
          ],
    );
    compiled.set(type, found);
  }
  return found;
}

/** Everything that a resource is found by (http://hl7.org/fhir/R4/search.html). */
export const searchEntries = (resource: FhirResource): SearchEntry[] =>
  extractorsOf(resource.resourceType).flatMap(({ p, type, extracts }) =>
    extracts
      .flatMap((extract) => extract(resource))
      .flatMap((value) => toEntries(type, value))
      .map((entry: EntryValue) => ({ p, ...entry })),
  );
