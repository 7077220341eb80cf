import { type Problem, WardlineError } from '../errors.ts';
import types from './generated/resource-types.json' with { type: 'json' };
import { type FhirResource, isResource } from './resource.ts';
import { checkElements, type RequiredProfiles } from './validation/check-elements.ts';
import { checkEmptiness } from './validation/check-emptiness.ts';
import { profileOf } from './validation/profiles.ts';

const known = new Set(types);
/** More would help nobody. */
const mostProblems = 50;

/**
 * Checks a resource against FHIR R4, the profiles of R4 and UK Core that it declares in `meta.profile`, and the
 * definitions of its extensions.
 * @param expected the type that the address names
 * @param required profiles that resources of a type must meet although they do not declare them
 * @throws WardlineError `invalid-body` or `invalid-resource` with a
 * FHIRPath expression for each problem; messages never repeat values
 */
export function validate(value: unknown, expected?: string, required: RequiredProfiles = {}): FhirResource {
  if (!isResource(value))
    throw new WardlineError('invalid-body', 'The body must be a FHIR resource: a JSON object with a resourceType.');
  refuseUnknown(required);
  if (!known.has(value.resourceType))
    throw new WardlineError('invalid-body', 'The resourceType is no FHIR R4 resource type.', {
      expression: 'resourceType',
    });
  if (expected !== undefined && value.resourceType !== expected)
    throw new WardlineError('invalid-body', `The address names ${expected}, the body another type.`, {
      expression: 'resourceType',
    });
  const problems = problemsOf(value, required);
  if (problems.length > 0)
    throw new WardlineError('invalid-resource', `The ${value.resourceType} is not valid FHIR R4.`, {
      problems: problems.slice(0, mostProblems),
    });
  return value;
}

/** A profile that nobody can check would be a rule that never refuses. @throws Error naming it */
function refuseUnknown(required: RequiredProfiles): void {
  for (const [type, urls = []] of Object.entries(required))
    for (const url of urls)
      if (profileOf(url)?.type !== type)
        throw new Error(`Setting REQUIRED_PROFILES: ${url} is no known profile of ${type}.`);
}

function problemsOf(resource: FhirResource, required: RequiredProfiles): Problem[] {
  const problems = [...checkEmptiness(resource, resource.resourceType), ...checkElements(resource, required)];
  // Two rules may find the same at one place.
  const told = new Set<string>();
  return problems.filter(({ expression, detail }) => {
    const key = `${expression} ${detail}`;
    return !told.has(key) && told.add(key);
  });
}
