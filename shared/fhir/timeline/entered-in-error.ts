import type { FhirResource } from '../resource.ts';
import { itemsOf } from './element.ts';

const withdrawn = 'entered-in-error';

/**
 * Whether a resource was withdrawn: it should never have been in the record. Most types say so by `status`; Condition
 * and AllergyIntolerance by `verificationStatus` (http://hl7.org/fhir/R4/valueset-condition-ver-status.html).
 */
export function isEnteredInError(resource: FhirResource): boolean {
  return (
    resource['status'] === withdrawn ||
    itemsOf(resource['verificationStatus'], 'coding').some(
      (coding) => Reflect.get(Object(coding), 'code') === withdrawn,
    )
  );
}
