import type { FhirResource } from '../resource.ts';
import { type EntryValue, toEntries } from './entry-values.ts';
import { compileExtract, type Extract } from './extract.ts';
import type { SearchEntry } from './search-entry.ts';
import { type PlainType, parametersOf } from './search-parameters.ts';

interface Finding {
  readonly find: Extract;
  /** The element of the first level without which nothing is found; undefined: that cannot be told. */
  readonly needs: string | undefined;
}
interface Extractor {
  readonly p: string;
  readonly type: PlainType;
  readonly extracts: readonly Finding[];
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
        : [{ p: code, type: kind, extracts: expressions.map((one) => findingOf(type, one)) }],
    );
    compiled.set(type, found);
  }
  return found;
}

function findingOf(type: string, expression: string): Finding {
  const find = compileExtract(expression);
  const needs = new RegExp(`^\\(*(?:${type}|Resource|DomainResource)\\.([a-z]\\w*)`).exec(expression)?.[1];
  // Some tell something of what is not there: Patient.deceased.exists() and …
  return { find, needs: /exists|empty|not\(|!=| and | or /.test(expression) ? undefined : needs };
}

/** The elements that a resource has, as definitions name them: `valueQuantity` is `value` too, and `_birthDate` `birthDate`. */
function elementsIn(resource: FhirResource): ReadonlySet<string> {
  const names = new Set<string>();
  for (const key of Object.keys(resource)) {
    const name = key.replace(/^_/, '');
    names.add(name);
    for (const { index } of name.matchAll(/[A-Z]/g)) names.add(name.slice(0, index));
  }
  return names;
}

/** Everything that a resource is found by (http://hl7.org/fhir/R4/search.html). */
export function searchEntries(resource: FhirResource): SearchEntry[] {
  const elements = elementsIn(resource);
  return extractorsOf(resource.resourceType).flatMap(({ p, type, extracts }) =>
    extracts
      // Most parameters of a type ask for elements that a resource does not have: that is told without FHIRPath.
      .flatMap(({ find, needs }) => (needs === undefined || elements.has(needs) ? find(resource) : []))
      .flatMap((value) => toEntries(type, value))
      .map((entry: EntryValue) => ({ p, ...entry })),
  );
}
