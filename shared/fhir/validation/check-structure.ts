import { OperationOutcomeError, validateResource } from '@medplum/core';
import type { Problem } from '../../errors.ts';
import type { FhirResource } from '../resource.ts';
import { problem } from './problem.ts';

/** Structure, types, cardinality and invariants, by @medplum/core. Its definitions must be loaded. */
export function checkStructure(resource: FhirResource): Problem[] {
  try {
    validateResource(resource as never);
    return [];
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) {
      // It gives up on a few shapes that are no FHIR JSON, such as an object where an array belongs.
      return [problem(resource.resourceType, 'The JSON has not the shape of this resource type.')];
    }
    return issuesOf(error)
      .filter(({ severity, details }) => severity === 'error' && !isOurs(details?.text ?? ''))
      .map(({ expression, details }) => {
        const at = expression?.[0] ?? resource.resourceType;
        return problem(at, describe(details?.text ?? 'The element is not valid.'));
      });
  }
}

interface Issue {
  readonly severity?: string;
  readonly expression?: readonly string[];
  readonly details?: { readonly text?: string };
}
const issuesOf = ({ outcome }: OperationOutcomeError): readonly Issue[] => outcome.issue ?? [];

/** Base64 may have line breaks, which it refuses (RFC 4648 section 3.3 leaves that to the user; FHIR allows them). */
const isOurs = (text: string): boolean => /base64/i.test(text);

/** Its message without what it quotes: that may be input. */
function describe(text: string): string {
  if (text.startsWith('Invalid additional property')) return 'The type has no such property.';
  return text.replace(/"[^"]*"/g, '…').replace(/\s*[:;]?\s*\{.*$/s, '');
}
