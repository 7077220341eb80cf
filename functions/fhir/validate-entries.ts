import { type Problem, WardlineError } from '../../shared/errors.ts';
import type { BundleEntry, FhirResource, Validate } from '../../shared/fhir/index.ts';

/** More would help nobody. */
const mostProblems = 100;

/** @throws WardlineError `invalid-resource` with the problems of all entries */
export async function validateEntries(
  validate: Validate,
  entries: readonly { readonly entry: BundleEntry; readonly resource?: FhirResource }[],
): Promise<void> {
  const problems: Problem[] = [];
  for (const { entry, resource } of entries) {
    if (resource === undefined) continue;
    try {
      await validate(resource, entry.type);
    } catch (error) {
      if (!(error instanceof WardlineError)) throw error;
      const at = `Bundle.entry[${entry.index}].resource`;
      for (const { expression = '', ...problem } of error.problems)
        problems.push({ ...problem, expression: expression.replace(/^[A-Z][A-Za-z]*/, at) });
    }
  }
  if (problems.length > 0)
    throw new WardlineError('invalid-resource', 'The Bundle holds resources that are not valid FHIR R4.', {
      problems: problems.slice(0, mostProblems),
    });
}
