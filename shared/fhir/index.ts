import types from './generated/resource-types.json' with { type: 'json' };
import type { FhirResource } from './resource.ts';
import type { RequiredProfiles } from './validation/check-elements.ts';

export {
  type BundleEntry,
  conditionalReferencesIn,
  entriesOf,
  inOrderOfProcessing,
  planBundle,
  readEntry,
  rewriteReferences,
} from './bundle.ts';
export { compartmentElement, compartmentParameters, patientReferenceOf } from './compartment.ts';
export { dateRange } from './date-range.ts';
export { type Graded, gradeOf, type MatchGrade } from './match/grade.ts';
export { outwardOf, type Person, personIn } from './match/person.ts';
export { isNhsNumber } from './nhs-number.ts';
export { operationOutcome } from './outcome.ts';
export { fhirpathPatch } from './patch/fhirpath-patch.ts';
export { type FhirResource, isResource } from './resource.ts';
export { splitReference } from './search/entry-values.ts';
export { compareKeys, inOrder, type SortKeys } from './search/in-order.ts';
export { indexDates, indexTerms } from './search/index-terms.ts';
export { matches } from './search/matches.ts';
export { type Narrowing, narrowing } from './search/narrowing.ts';
export { type ParseOptions, parseMoment, parseSearch, withinCompartment } from './search/parse-search.ts';
export { searchEntries } from './search/search-entries.ts';
export type { SearchEntry } from './search/search-entry.ts';
export { parametersOf, referencesOf } from './search/search-parameters.ts';
export {
  type Criterion,
  type Include,
  type Link,
  plainSearch,
  type SearchQuery,
  type Wanted,
} from './search/search-query.ts';
export { subsetOf } from './search/subset.ts';
export { careSpan, clinicalDate } from './timeline/clinical-date.ts';
export { isEnteredInError } from './timeline/entered-in-error.ts';
export { isTimelineKind, type TimelineKind, timelineKindOf, timelineKinds } from './timeline/kinds.ts';
export { linksOf, scansReportedBy, type TimelineLink } from './timeline/links.ts';
export { detailOf, statusOf, titleOf } from './timeline/summary.ts';

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

/** See `patch/json-patch.ts`; its library is loaded by the first patch that comes in. */
export const jsonPatch = async (resource: FhirResource, patch: unknown): Promise<FhirResource> =>
  (await import('./patch/json-patch.ts')).jsonPatch(resource, patch);
