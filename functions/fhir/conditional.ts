import { WardlineError } from '../../shared/errors.ts';
import { parseSearch } from '../../shared/fhir/index.ts';
import type { AuthorisedRequest } from '../../shared/http.ts';
import type { Match } from '../../shared/records/index.ts';
import type { FhirApp } from './fhir-app.ts';
import type { Scope } from './scope.ts';

/** Search criteria as a condition has them: `identifier=…`, with or without the question mark. */
export const criteriaOf = (text: string): URLSearchParams =>
  new URLSearchParams([...new URLSearchParams(text.replace(/^[^?]*\?/, ''))].filter(([name]) => name !== '_format'));

/**
 * The one resource that criteria find (http://hl7.org/fhir/R4/http.html#cond-update); undefined: none.
 * @throws WardlineError `multiple-matches`, `invalid-parameter` for criteria that ask nothing
 */
export async function onlyMatch(
  { records, clock }: Pick<FhirApp, 'records' | 'clock'>,
  { call }: Pick<AuthorisedRequest, 'call'>,
  { trust }: Pick<Scope, 'trust'>,
  type: string,
  criteria: URLSearchParams,
): Promise<Match | undefined> {
  const query = parseSearch(type, criteria, { now: clock.now() });
  if (query.criteria.length + query.links.length === 0 || query.includes.length > 0 || query.at !== undefined)
    throw new WardlineError('invalid-parameter', 'A condition consists of search parameters of the type.', {
      expression: type,
    });
  const { matches } = await records.search(call, trust, query);
  if (matches.length > 1)
    throw new WardlineError('multiple-matches', 'The criteria find more than one resource: make them narrower.', {
      expression: type,
    });
  return matches[0];
}
