import { type Problem, WardlineError } from '../errors.ts';
import types from './generated/resource-types.json' with { type: 'json' };
import { type FhirResource, isResource } from './resource.ts';
import { checkContained } from './validation/check-contained.ts';
import { checkElements } from './validation/check-elements.ts';
import { checkEmptiness } from './validation/check-emptiness.ts';
import { checkInvariants } from './validation/check-invariants.ts';
import { checkStructure } from './validation/check-structure.ts';
import { loadDefinition } from './validation/definitions.ts';
import { problem } from './validation/problem.ts';

const known = new Set(types);
/** More would help nobody. */
const mostProblems = 50;

/**
 * Checks a resource against FHIR R4: structure, types, cardinality and invariants by @medplum/core, and what that
 * misses by rules of our own.
 * @param expected the type that the address names. @throws WardlineError `invalid-body` or `invalid-resource` with a
 * FHIRPath expression for each problem; messages never repeat values
 */
export function validate(value: unknown, expected?: string): FhirResource {
  if (!isResource(value))
    throw new WardlineError('invalid-body', 'The body must be a FHIR resource: a JSON object with a resourceType.');
  if (!known.has(value.resourceType))
    throw new WardlineError('invalid-body', 'The resourceType is no FHIR R4 resource type.', {
      expression: 'resourceType',
    });
  if (expected !== undefined && value.resourceType !== expected)
    throw new WardlineError('invalid-body', `The address names ${expected}, the body another type.`, {
      expression: 'resourceType',
    });
  const problems = problemsOf(value);
  if (problems.length > 0)
    throw new WardlineError('invalid-resource', `The ${value.resourceType} is not valid FHIR R4.`, {
      problems: problems.slice(0, mostProblems),
    });
  return value;
}

function problemsOf(resource: FhirResource): Problem[] {
  const parts = [...resourcesIn(resource, resource.resourceType)];
  const strangers = parts.filter((part) => !known.has(part.resource.resourceType));
  if (strangers.length > 0)
    return strangers.map(({ path }) =>
      problem(`${path}.resourceType`, 'The resourceType is no FHIR R4 resource type.'),
    );
  for (const part of parts) loadDefinition(part.resource.resourceType);
  const problems = [
    ...checkEmptiness(resource, resource.resourceType),
    ...checkElements(resource),
    ...parts.flatMap(({ resource: one, path }) => [
      // A contained resource shares the names of its container.
      ...(/\.contained\[\d+\]$/.test(path) ? [] : checkContained(one, path)),
      ...checkInvariants(one).map((asks) => problem(path, asks)),
    ]),
  ];
  // What is no FHIR JSON can bring the library to its knees, and our own finding says it better.
  const told = new Set(problems.map(({ expression }) => expression));
  return [...problems, ...checkStructure(resource).filter(({ expression }) => !told.has(expression))];
}

/** A resource and those in it: contained, entries of a Bundle, parameters. */
function* resourcesIn(value: unknown, path: string): Generator<{ resource: FhirResource; path: string }> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* resourcesIn(item, `${path}[${index}]`);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (isResource(value)) yield { resource: value, path };
  for (const [name, item] of Object.entries(value))
    if (typeof item === 'object' && item !== null) yield* resourcesIn(item, `${path}.${name}`);
}
