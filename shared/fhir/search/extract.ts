import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import type { FhirResource } from '../resource.ts';

/** Finds in a resource the values that an expression names. */
export type Extract = (resource: FhirResource) => unknown[];

/** `Patient.name.given`, and what withoutResolve made of `where(resolve() is Patient)`. */
const plain = /^([A-Z]\w+)((?:\.[a-z]\w*)+)(?:\.where\(reference\.matches\('([^']+)'\)\))?$/;
/** Names of elements that have a type in their property (`value`: `valueQuantity`), anywhere in FHIR. */
const choices = new Set(
  Object.keys((r4 as unknown as { choiceTypePaths: object }).choiceTypePaths).map((path) => path.split('.').at(-1)),
);

/**
 * A FHIRPath expression as a function. Most expressions of search parameters are no more than the names of elements one
 * after the other: those are followed without the engine, twenty times as fast.
 */
export function compileExtract(expression: string): Extract {
  const [, , path, reference] = plain.exec(expression) ?? [];
  const names = path?.slice(1).split('.');
  if (names === undefined || names.some((name) => choices.has(name)))
    return fhirpath.compile(expression, r4) as unknown as Extract;
  const wanted = reference === undefined ? undefined : new RegExp(reference);
  return (resource) => {
    const found = names.reduce<unknown[]>(
      (values, name) => values.flatMap((value) => childrenOf(value, name)),
      [resource],
    );
    return wanted === undefined ? found : found.filter((value) => matchesReference(value, wanted));
  };
}

function childrenOf(value: unknown, name: string): unknown[] {
  const child: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  if (Array.isArray(child)) return child.filter((item) => item !== null);
  return child === undefined || child === null ? [] : [child];
}

function matchesReference(value: unknown, wanted: RegExp): boolean {
  const reference = typeof value === 'object' && value !== null ? Reflect.get(value, 'reference') : undefined;
  return typeof reference === 'string' && wanted.test(reference);
}
