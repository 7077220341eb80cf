import type { Json } from '../json.ts';
import type { Expression, Query } from './ast.ts';
import { compile } from './evaluate.ts';

/** A condition that the inverted index answers: some path of the document has one of these values, or lies in a range. */
export type IndexCondition =
  | { readonly path: string; readonly equals: readonly Json[] }
  | { readonly path: string; readonly from?: Bound; readonly to?: Bound };
export interface Bound {
  readonly value: string | number;
  readonly inclusive: boolean;
}

/**
 * Conditions that every result must meet, taken from the AND-ed parts of WHERE. Never more than WHERE says, so that
 * the candidates they select contain every result; the full WHERE decides afterwards.
 */
export function indexConditions(query: Query, parameters: ReadonlyMap<string, Json | undefined>): IndexCondition[] {
  const [source, ...joins] = query.sources;
  if (source === undefined || source.path !== undefined || query.where === undefined || joins.length > 0) return [];
  const alias = source.alias;
  const scope = { names: new Map(), parameters };
  const constant = (expression: Expression): Json | undefined =>
    expression.kind === 'literal' || expression.kind === 'parameter' ? compile(expression)(scope) : undefined;
  return conjuncts(query.where).flatMap((part) => condition(part, alias, constant) ?? []);
}

const conjuncts = (where: Expression): Expression[] =>
  where.kind === 'binary' && where.operator === 'AND' ? [...conjuncts(where.left), ...conjuncts(where.right)] : [where];

const flipped: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };
const scalar = (value: Json | undefined): value is string | number | boolean | null =>
  value !== undefined && (typeof value !== 'object' || value === null);

function condition(
  part: Expression,
  alias: string,
  constant: (e: Expression) => Json | undefined,
): IndexCondition | undefined {
  if (part.kind === 'binary' && part.operator in flipped) {
    const direct = pathOf(part.left, alias);
    const path = direct ?? pathOf(part.right, alias);
    const value = constant(direct === undefined ? part.left : part.right);
    const operator = direct === undefined ? (flipped[part.operator] ?? '') : part.operator;
    if (path === undefined || !scalar(value)) return undefined;
    if (operator === '=') return { path, equals: [value] };
    if (typeof value !== 'string' && typeof value !== 'number') return undefined;
    const bound = { value, inclusive: operator.endsWith('=') };
    return operator.startsWith('<') ? { path, to: bound } : { path, from: bound };
  }
  if (part.kind === 'in') {
    const path = pathOf(part.operand, alias);
    const values = part.list.map(constant);
    return path !== undefined && values.every(scalar) ? { path, equals: values } : undefined;
  }
  if (part.kind === 'call' && (part.name === 'ARRAY_CONTAINS' || part.name === 'ARRAY_CONTAINS_ANY')) {
    const [list, ...rest] = part.parameters;
    const values = (part.name === 'ARRAY_CONTAINS' ? rest.slice(0, 1) : rest).map(constant);
    const path = list === undefined ? undefined : pathOf(list, alias);
    return path !== undefined && values.length > 0 && values.every(scalar)
      ? { path: `${path}/[]`, equals: values }
      : undefined;
  }
  if (part.kind === 'between') {
    const path = pathOf(part.operand, alias);
    const [low, high] = [constant(part.low), constant(part.high)];
    if (path === undefined || typeof low !== typeof high) return undefined;
    if (typeof low !== 'string' && typeof low !== 'number') return undefined;
    if (typeof high !== 'string' && typeof high !== 'number') return undefined;
    return { path, from: { value: low, inclusive: true }, to: { value: high, inclusive: true } };
  }
  return undefined;
}

/** `c.a.b` as the index path `/a/b`. */
function pathOf(expression: Expression, alias: string): string | undefined {
  if (expression.kind === 'name') return expression.name === alias ? '' : undefined;
  if (expression.kind !== 'property' || expression.key.kind !== 'literal' || typeof expression.key.value !== 'string')
    return undefined;
  const of = pathOf(expression.of, alias);
  return of === undefined ? undefined : `${of}/${expression.key.value}`;
}
