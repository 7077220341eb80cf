import type { Problem } from '../../errors.ts';
import type { FhirResource } from '../resource.ts';
import { checkBinding } from './check-binding.ts';
import { checkCardinality } from './check-cardinality.ts';
import { checkContained } from './check-contained.ts';
import { checkDatatype } from './check-datatype.ts';
import { checkDeclaredProfiles } from './check-declared-profiles.ts';
import { checkExtensions } from './check-extensions.ts';
import { checkInvariants } from './check-invariants.ts';
import { checkNarrative } from './check-narrative.ts';
import { checkPrimitive } from './check-primitive.ts';
import { checkReferenceTarget, isDangling } from './check-reference.ts';
import { checkShape } from './check-shape.ts';
import { isPrimitive } from './definitions.ts';
import { problem } from './problem.ts';
import { type ObjectPlace, type Place, walk } from './walk.ts';

/** Profiles that resources of a type must meet although they do not declare them, by type. */
export type RequiredProfiles = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * What a resource, and each one in it, breaks of the rules of its type, of its profiles and of the extensions in it;
 * one walk for all rules.
 */
export function checkElements(resource: FhirResource, required: RequiredProfiles): Problem[] {
  const problems: Problem[] = [];
  walk(resource, {
    property(path, property, name, value) {
      const what = checkShape(property, name, value);
      if (what !== undefined) problems.push(problem(path, `This element takes ${what}.`));
    },
    stranger(path) {
      problems.push(problem(path, 'The type has no such property.'));
    },
    noResource(path) {
      problems.push(problem(path, 'The resourceType is no FHIR R4 resource type.'));
    },
    value(place) {
      for (const what of demandsOn(place)) problems.push(problem(place.path, `This element ${what}.`));
    },
    object(place) {
      for (const one of checkObject(place, required)) problems.push(one);
    },
  });
  return problems;
}

function* checkObject(place: ObjectPlace, required: RequiredProfiles): Generator<Problem> {
  const { path, type, value, scope, property } = place;
  yield* checkCardinality(place);
  for (const what of checkDatatype(type.name, value)) yield problem(path, `This element needs ${what}.`);
  if (type.invariants.length > 0)
    for (const what of checkInvariants(type.invariants, type.name, value, scope)) yield problem(path, what);
  yield* checkExtensions(place);
  if (property !== undefined) return;
  yield* checkDeclaredProfiles(scope, path, required[type.name] ?? []);
  // A contained resource shares the names of its container.
  if (scope.resource === scope.container) yield* checkContained(scope.resource, path);
}

function* demandsOn({ property, value, scope }: Place): Generator<string> {
  const { element, type, at } = property;
  if (type === 'xhtml') {
    const wrong = typeof value === 'string' ? checkNarrative(value) : 'XHTML as text';
    if (wrong !== undefined) yield `takes ${wrong}`;
    return;
  }
  // null is told by the rule of emptiness.
  if (value === null) return;
  if (isPrimitive(type)) {
    const format = checkPrimitive(type, value);
    if (format !== undefined) {
      yield `takes ${format}`;
      return;
    }
  } else if (typeof value !== 'object' || Array.isArray(value)) {
    yield 'takes an object';
    return;
  }
  if (element.binding !== undefined) {
    const code = checkBinding(element.binding, type, value);
    if (code !== undefined) yield `takes ${code}`;
  }
  if (element.invariants !== undefined) yield* checkInvariants(element.invariants, at, value, scope);
  if (typeof value !== 'object') return;
  if (type === 'Reference') {
    const target = checkReferenceTarget(element.targets, value, scope.container);
    if (target !== undefined) yield `takes ${target}`;
    if (isDangling(value, scope.container)) yield 'refers to a resource in contained that is not there (ref-1)';
  }
  if (element.simple && 'comparator' in value) yield 'takes a quantity without comparator (sqty-1)';
}
