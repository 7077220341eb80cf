import {
  indexStructureDefinitionBundle,
  OperationOutcomeError,
  validateResource as validateStructure,
} from '@medplum/core';
import { type ErrorCode, type Problem, WardlineError } from '../errors.ts';
import types from './generated/resource-types.json' with { type: 'json' };
import structures from './generated/structures.json' with { type: 'json' };
import { isNhsNumber } from './nhs-number.ts';
import { type FhirResource, isResource } from './resource.ts';

const known = new Set(types);
let indexed = false;

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
  if (!indexed) {
    indexStructureDefinitionBundle(structures as never);
    indexed = true;
  }
  const problems = [...emptyParts(value, value.resourceType), ...nhsNumbers(value)];
  try {
    validateStructure(value as never);
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) throw error;
    for (const issue of error.outcome.issue ?? []) {
      if (issue.severity !== 'error') continue;
      const expression = issue.expression?.[0] ?? value.resourceType;
      const text = issue.details?.text ?? 'The element is not valid.';
      // RFC 4648 lets decoders ignore line breaks, and FHIR's own examples have them.
      if (/base64/i.test(text)) continue;
      problems.push(problem(expression, describe(text)));
    }
  }
  if (problems.length > 0)
    throw new WardlineError('invalid-resource', `The ${value.resourceType} is not valid FHIR R4.`, { problems });
  return value;
}

const problem = (expression: string, detail: string, code: ErrorCode = 'invalid-resource'): Problem => ({
  code,
  detail,
  expression,
});

/** What is wrong without the value that is wrong: validators like to quote it. */
const describe = (text: string): string => text.replace(/"[^"]*"|'[^']*'/g, '…').replace(/:\s*\{.*$/s, '');

/** FHIR JSON: no empty strings, arrays or objects, and no null outside arrays of primitives (json.html#2.6.2). */
function emptyParts(value: unknown, path: string): Problem[] {
  if (value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)) {
    return [problem(path, 'An element must not be empty: leave it out instead.')];
  }
  if (Array.isArray(value))
    return value.flatMap((item, index) => (item === null ? [] : emptyParts(item, `${path}[${index}]`)));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    item === null
      ? [problem(`${path}.${name}`, 'An element must not be null: leave it out instead.')]
      : emptyParts(item, `${path}.${name}`),
  );
}

function nhsNumbers(resource: FhirResource): Problem[] {
  const identifiers =
    resource.resourceType === 'Patient' && Array.isArray(resource['identifier']) ? resource['identifier'] : [];
  return identifiers.flatMap((identifier: { system?: string; value?: string }, index) =>
    identifier.system === 'https://fhir.nhs.uk/Id/nhs-number' &&
    !isNhsNumber(String(identifier.value ?? '').replaceAll(/\s/g, ''))
      ? [
          problem(
            `Patient.identifier[${index}].value`,
            'An NHS number has ten digits, the last of them the check digit.',
          ),
        ]
      : [],
  );
}
