import types from './generated/resource-types.json' with { type: 'json' };
import type { FhirResource } from './resource.ts';
import type { RequiredProfiles } from './validation/check-elements.ts';

export { type BundleEntry, planBundle, rewriteReferences } from './bundle.ts';
export { compartmentElement, patientReferenceOf } from './compartment.ts';
export { dateRange } from './date-range.ts';
export { inOrder } from './in-order.ts';
export { indexDates, indexTerms } from './index-terms.ts';
export { matches } from './matches.ts';
export { narrowing } from './narrowing.ts';
export { isNhsNumber } from './nhs-number.ts';
export { operationOutcome } from './outcome.ts';
export { parseSearch } from './parse-search.ts';
export { type FhirResource, isResource } from './resource.ts';
export { searchEntries } from './search-entries.ts';
export type { SearchEntry } from './search-entry.ts';
export { parametersOf, searchableParameters } from './search-parameters.ts';
export type { SearchQuery } from './search-query.ts';

/** Names of all FHIR R4 resource types. */
export const resourceTypes: readonly string[] = types;

/**
 * Checks what should be a resource.
 * @param expected the type that the address names
 * @throws WardlineError see `validate.ts`
 */
export type Validate = (value: unknown, expected?: string) => Promise<FhirResource>;

let validation: Promise<typeof import('./validate.ts')> | undefined;

/** See `validate.ts`; its definitions are 0.6 MB and are loaded by the first resource that comes in. */
export function createValidate(required: RequiredProfiles): Validate {
  return async (value, expected) => {
    validation ??= import('./validate.ts');
    const { validate } = await validation;
    return validate(value, expected, required);
  };
}

/** Checks what should be a resource, by the profiles alone that it declares. */
export const validateResource: Validate = createValidate({});
