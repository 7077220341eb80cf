/** An id of a resource: http://hl7.org/fhir/R4/datatypes.html#id */
export const isFhirId = (text: string): boolean => /^[A-Za-z0-9.-]{1,64}$/.test(text);
