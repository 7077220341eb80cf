import { errorCodes, type WardlineError } from '../errors.ts';

/** An error as FHIR tells it (http://hl7.org/fhir/R4/operationoutcome.html). */
export function operationOutcome(error: WardlineError): { resourceType: 'OperationOutcome'; issue: object[] } {
  return {
    resourceType: 'OperationOutcome',
    issue: error.problems.map(({ code, detail, expression }) => ({
      severity: 'error',
      code: errorCodes[code].issue,
      details: { coding: [{ system: 'https://wardline.nhs.uk/error', code }], text: detail },
      ...(expression === undefined ? {} : { expression: [expression] }),
    })),
  };
}
