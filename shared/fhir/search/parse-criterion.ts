import { WardlineError } from '../../errors.ts';
import resourceTypes from '../generated/resource-types.json' with { type: 'json' };
import { parseValue, splitUnescaped, type ValueContext } from './parse-value.ts';
import { parametersOf, type SearchParameter } from './search-parameters.ts';
import { type Criterion, type Link, plainSearch, type SearchQuery } from './search-query.ts';

/** A condition on the resource itself, or one that takes a search of its own. */
export type Condition = { readonly criterion: Criterion } | { readonly link: Link };

/** What a link asks of other resources. */
export const searchOf = (type: string, conditions: readonly Condition[]): SearchQuery =>
  plainSearch(
    type,
    conditions.flatMap((one) => ('criterion' in one ? [one.criterion] : [])),
    conditions.flatMap((one) => ('link' in one ? [one.link] : [])),
  );

const types = new Set(resourceTypes);
/** Steps from one resource to another in one parameter. */
const longestChain = 3;

/** A parameter that the type does not have: the caller may want it passed over. */
export class UnknownParameter extends WardlineError {
  constructor(type: string, code: string) {
    // A name that nobody knows may be anything: it is not repeated.
    super('invalid-parameter', `${type} has no such search parameter. There are: ${listOf(type)}; and ${controls}.`, {
      expression: /^_?[a-z][a-z-]{0,40}$/i.test(code) ? code : 'search',
    });
  }
}

const controls =
  '_has, _list, _include, _revinclude, _sort, _count, _total, _summary, _elements, _at, and chained parameters';

const listOf = (type: string): string => [...parametersOf(type).keys()].join(', ');

const invalid = (name: string, why: string): WardlineError =>
  new WardlineError('invalid-parameter', `The parameter ${name} ${why}.`, { expression: name });
const unsupported = (name: string, why: string): WardlineError =>
  new WardlineError('not-supported', why, { expression: name });

/**
 * One parameter of a search: plain, chained (`patient.name`), reverse chained (`_has:Observation:patient:code`) or one
 * that names a List or a ValueSet.
 * @throws UnknownParameter, WardlineError `invalid-parameter` or `not-supported`, naming the parameter
 */
export function parseCondition(type: string, name: string, text: string, context: ValueContext, depth = 0): Condition {
  if (depth > longestChain)
    throw new WardlineError('too-costly', `A chain has at most ${longestChain} steps: search in several steps.`, {
      expression: 'search',
    });
  if (name.startsWith('_has:')) return { link: parseHas(name, text, context, depth) };
  if (name === '_list') return { link: { kind: 'list', id: listId(text) } };
  const [left = '', ...rest] = name.split('.');
  if (rest.length > 0) return { link: parseChain(type, left, rest.join('.'), text, context, depth) };
  const [code = '', modifier, ...more] = name.split(':');
  const parameter = parametersOf(type).get(code);
  if (parameter === undefined) throw new UnknownParameter(type, code);
  if (more.length > 0 || (modifier !== undefined && !modifiersOf(parameter).some((one) => one.test(modifier))))
    throw unsupported(code, `This modifier is not supported for ${code}.`);
  if (modifier === 'in' || modifier === 'not-in')
    return { link: { kind: 'in', p: code, valueSet: text, not: modifier === 'not-in' } };
  return { criterion: parseCriterion(parameter, text, modifier, context) };
}

function parseCriterion(
  parameter: SearchParameter,
  text: string,
  modifier: string | undefined,
  context: ValueContext,
): Criterion {
  const p = parameter.code;
  if (modifier === 'missing') {
    if (text !== 'true' && text !== 'false') throw invalid(p, 'with :missing takes true or false');
    return { p, anyOf: [], missing: text === 'true' };
  }
  const anyOf = splitUnescaped(text, ',').map((value) => parseValue(parameter, value, modifier, context));
  return { p, anyOf, ...(modifier === 'not' ? { not: true } : {}) };
}

/** http://hl7.org/fhir/R4/search.html#modifiers, those of them that are supported. */
function modifiersOf({ type, code }: SearchParameter): RegExp[] {
  if (code === '_id' || code === '_lastUpdated') return [];
  switch (type) {
    case 'string':
      return [/^(missing|exact|contains)$/];
    case 'token':
      return [/^(missing|not|text|of-type|in|not-in)$/];
    case 'reference':
      return [/^(missing|identifier)$/, /^[A-Z][A-Za-z]+$/];
    case 'uri':
      return [/^(missing|above|below)$/];
    case 'composite':
      return [];
    default:
      return [/^missing$/];
  }
}

/** `_has:Observation:patient:code=x`: resources that refer here and are as the rest says. */
function parseHas(name: string, text: string, context: ValueContext, depth: number): Link {
  const [, source = '', p = '', ...rest] = name.split(':');
  const parameter = parametersOf(source).get(p);
  if (!/^[A-Z]/.test(source) || rest.length === 0 || parameter?.type !== 'reference')
    throw new WardlineError(
      'invalid-parameter',
      '_has names a type, a reference parameter of it and a parameter: _has:Observation:patient:code.',
      { expression: '_has' },
    );
  const condition = parseCondition(source, rest.join(':'), text, context, depth + 1);
  return { kind: 'has', p, query: searchOf(source, [condition]) };
}

/** `patient.name`, `subject:Patient.name`: of every type that the reference may point to and that has the parameter. */
function parseChain(
  type: string,
  left: string,
  rest: string,
  text: string,
  context: ValueContext,
  depth: number,
): Link {
  const [p = '', named, ...more] = left.split(':');
  const parameter = parametersOf(type).get(p);
  if (parameter === undefined) throw new UnknownParameter(type, p);
  if (parameter.type !== 'reference' || more.length > 0) throw invalid(p, 'is no reference: it cannot be chained');
  const targets = named === undefined ? parameter.targets : [named];
  const strange = named !== undefined && (!types.has(named) || parameter.targets?.includes(named) === false);
  if (targets === undefined || strange)
    throw invalid(p, 'needs the type it is to point to, such as subject:Patient.name');
  const anyOf = targets.flatMap((target) => {
    try {
      return [searchOf(target, [parseCondition(target, rest, text, context, depth + 1)])];
    } catch (error) {
      // Of several types those count that have the parameter.
      if (error instanceof UnknownParameter && targets.length > 1) return [];
      throw error;
    }
  });
  if (anyOf.length === 0) throw new UnknownParameter(targets[0] ?? type, rest.split(/[.:]/)[0] ?? '');
  return { kind: 'chain', p, anyOf };
}

function listId(text: string): string {
  const id = /^(?:List\/)?([A-Za-z0-9.-]{1,64})$/.exec(text)?.[1];
  if (id === undefined) throw invalid('_list', 'takes the id of a List');
  return id;
}
