import { WardlineError } from '../../errors.ts';
import { parametersOf, referencesOf } from './search-parameters.ts';
import type { Include } from './search-query.ts';

/**
 * `Observation:subject`, `Observation:subject:Patient`, `Observation:*`, `*` (http://hl7.org/fhir/R4/search.html#include).
 * @param name with its modifier: `_include:iterate`. @throws WardlineError `invalid-parameter`
 */
export function parseInclude(name: string, text: string): Include {
  const [control = '', modifier] = name.split(':');
  const invalid = (why: string): WardlineError =>
    new WardlineError('invalid-parameter', `The parameter ${control} ${why}.`, { expression: control });
  // R4 renamed :recurse.
  if (modifier !== undefined && modifier !== 'iterate' && modifier !== 'recurse') throw invalid('takes :iterate only');
  const include = { reverse: control === '_revinclude', iterate: modifier !== undefined };
  if (text === '*' && !include.reverse) return { ...include, source: '*', p: '*' };
  const [source = '', p = '*', target, ...rest] = text.split(':');
  const known = /^[A-Z][A-Za-z]+$/.test(source) ? referencesOf(source) : [];
  if (known.length === 0 || rest.length > 0) throw invalid('takes Type:parameter or Type:parameter:Target');
  if (p !== '*' && parametersOf(source).get(p)?.type !== 'reference')
    throw invalid(`names no reference of ${source}; there are: ${known.map(({ code }) => code).join(', ')}`);
  if (include.reverse && p === '*') throw invalid('names the parameter that refers to the matches');
  return { ...include, source, p, ...(target === undefined ? {} : { target }) };
}
