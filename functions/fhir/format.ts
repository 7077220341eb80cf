import { WardlineError } from '../../shared/errors.ts';
import type { PublicRequest } from '../../shared/http.ts';

const json = /^(\*\/\*|application\/(\*|json|fhir\+json|json\+fhir)|text\/json|json)$/;

/**
 * JSON is the one format (http://hl7.org/fhir/R4/http.html#mime-type): `_format` comes before the header Accept.
 * @throws WardlineError `not-acceptable`
 */
export function requireJson({ query, headers }: Pick<PublicRequest, 'query' | 'headers'>): void {
  const format = query.get('_format');
  const accepted = format === null ? (headers.get('accept') ?? '*/*').split(',') : [format.replace(' ', '+')];
  // Browsers and generic clients name what they prefer and add */*; who names other formats only is told.
  if (!accepted.some((one) => json.test((one.split(';')[0] ?? '').trim())))
    throw new WardlineError('not-acceptable', 'The format is JSON: application/fhir+json.', {
      expression: format === null ? 'Accept' : '_format',
    });
}
