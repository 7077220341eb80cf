import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import { dateRange } from './date-range.ts';
import type { FhirResource } from './resource.ts';
import { fold, type SearchEntry } from './search-entry.ts';
import { parametersOf, type SearchParameter } from './search-parameters.ts';

type Extract = (resource: FhirResource) => unknown[];
const compiled = new Map<string, readonly { readonly parameter: SearchParameter; readonly extract: Extract }[]>();

/**
 * `where(resolve() is Patient)` only ever asks what type a reference points to, which the reference itself says: so
 * nothing has to be fetched to index a resource.
 */
const withoutResolve = (expression: string): string =>
  expression.replace(/where\(resolve\(\) is (\w+)\)/g, "where(reference.matches('(^|/)$1/'))");

function extractorsOf(type: string): readonly { readonly parameter: SearchParameter; readonly extract: Extract }[] {
  let found = compiled.get(type);
  if (found === undefined) {
    found = [...parametersOf(type).values()].map((parameter) => ({
      parameter,
      extract: fhirpath.compile(withoutResolve(parameter.expression), r4) as unknown as Extract,
    }));
    compiled.set(type, found);
  }
  return found;
}

/** Everything that a resource is found by (http://hl7.org/fhir/R4/search.html). */
export function searchEntries(resource: FhirResource): SearchEntry[] {
  return extractorsOf(resource.resourceType).flatMap(({ parameter, extract }) =>
    parameter.code.startsWith('_') ? [] : extract(resource).flatMap((value) => toEntries(parameter, value)),
  );
}

const textIn = (value: unknown, name: string): string | undefined => {
  const found = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof found === 'string' ? found : undefined;
};
const listIn = (value: unknown, name: string): unknown[] => {
  const found = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return Array.isArray(found) ? found : [];
};

function toEntries({ code: p, type }: SearchParameter, value: unknown): SearchEntry[] {
  switch (type) {
    case 'token':
      return tokens(value).map((token) => ({ p, kind: 'token', ...token }));
    case 'reference': {
      const reference = typeof value === 'string' ? value : textIn(value, 'reference');
      return reference === undefined ? [] : [{ p, kind: 'reference', target: referenceTarget(reference) }];
    }
    case 'string':
      return strings(value).map((text) => ({ p, kind: 'string', value: fold(text) }));
    case 'date':
      return dates(value).map((date) => ({ p, kind: 'date', ...date }));
    case 'uri':
      return typeof value === 'string' ? [{ p, kind: 'uri', value }] : [];
  }
}

/** `Type/id` without server address and version. */
export const referenceTarget = (reference: string): string =>
  /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/.exec(reference)?.[1] ?? reference;

/** code, Coding, CodeableConcept, Identifier, ContactPoint, boolean. */
function tokens(value: unknown): { system?: string; code?: string }[] {
  if (typeof value === 'string' || typeof value === 'boolean') return [{ code: String(value) }];
  const codings = listIn(value, 'coding');
  if (codings.length > 0) return codings.flatMap(tokens);
  const code = textIn(value, 'code') ?? textIn(value, 'value');
  const system = textIn(value, 'system');
  if (code === undefined && system === undefined) return [];
  return [{ ...(system === undefined ? {} : { system }), ...(code === undefined ? {} : { code }) }];
}

/** string, HumanName, Address. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  const simple = ['text', 'family', 'city', 'district', 'state', 'postalCode', 'country'].flatMap(
    (name) => textIn(value, name) ?? [],
  );
  const lists = ['given', 'prefix', 'suffix', 'line'].flatMap((name) =>
    listIn(value, name).filter((item) => typeof item === 'string'),
  );
  return [...simple, ...lists];
}

/** date, dateTime, instant, Period, Timing. */
function dates(value: unknown): { from: number; to: number; text: string }[] {
  if (typeof value === 'string') {
    const range = dateRange(value);
    return range === undefined ? [] : [{ ...range, text: value }];
  }
  const events = listIn(value, 'event');
  if (events.length > 0) return events.flatMap(dates);
  const [start, end] = [textIn(value, 'start'), textIn(value, 'end')];
  if (start === undefined && end === undefined) return [];
  // An open end stretches as far as numbers go that sort right everywhere.
  const from = start === undefined ? -8.64e15 : (dateRange(start)?.from ?? -8.64e15);
  const to = end === undefined ? 8.64e15 : (dateRange(end)?.to ?? 8.64e15);
  return [{ from, to, text: start ?? end ?? '' }];
}
