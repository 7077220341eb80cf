import type { Problem } from '../../errors.ts';

/**
 * What is wrong and what is allowed; never the value that is wrong, since it may be about a patient.
 * @param expression FHIRPath of the element
 */
export const problem = (expression: string, detail: string): Problem => ({
  code: 'invalid-resource',
  detail,
  expression: expression.split('.').every(isName) ? expression : 'Resource',
});

/** A property's name is input too: one that could not be FHIR's is not repeated. */
const isName = (step: string): boolean => /^_?[A-Za-z][A-Za-z0-9]{0,60}(\[x\])?(\[\d+\])?$/.test(step);
