import { everyElement, pathStep } from '../inverted-index/document-path.ts';
import type { IndexPolicy } from '../inverted-index/index-policy.ts';
import { isObject, type Json, type kindOf } from '../json.ts';
import type { Expression, Query } from '../sql/ast.ts';
import { mentionsAggregate } from '../sql/mentions-aggregate.ts';
import { all, any, type Condition, never } from './condition.ts';
import { constantOf } from './constant.ts';
import { comparedTo, equalTo, everyKey, type KeyRange, normalized, ofType, startingWith } from './key-range.ts';
import { type Aliases, aliasesOf, pathOf } from './paths.ts';

type Call = Extract<Expression, { kind: 'call' }>;
type Parameters = ReadonlyMap<string, Json | undefined>;

/**
 * What every item with a result must fulfil, as far as the index knows. Never more than the query says: the candidates
 * contain every result, and the query itself decides.
 */
export function conditionOf(
  query: Query,
  index: Pick<IndexPolicy, 'indexed'>,
  parameters: Parameters,
): Condition | undefined {
  return new Reader(index, parameters).ofQuery(query, new Map(), true);
}

class Reader {
  readonly #index: Pick<IndexPolicy, 'indexed'>;
  readonly #parameters: Parameters;

  constructor(index: Pick<IndexPolicy, 'indexed'>, parameters: Parameters) {
    this.#index = index;
    this.#parameters = parameters;
  }

  /** FROM and WHERE let a row through only when all of this holds. */
  ofQuery(query: Query, outer: Aliases, atTop: boolean): Condition | undefined {
    const aliases = aliasesOf(query, outer, atTop);
    const parts = query.sources.flatMap(({ of }, index) =>
      'query' in of ? (this.#ofRows(of.query, aliases, atTop && index === 0) ?? []) : [],
    );
    const where = query.where === undefined ? undefined : this.#of(query.where, aliases);
    return all(where === undefined ? parts : [...parts, where]);
  }

  /** What a subquery demands that must give a row. One with aggregates gives its row in any case. */
  #ofRows(query: Query, outer: Aliases, atTop: boolean): Condition | undefined {
    const { select } = query;
    const values =
      select.kind === 'value' ? [select.value] : select.kind === 'star' ? [] : select.columns.map(({ value }) => value);
    if (query.groupBy.length === 0 && values.some(mentionsAggregate)) return undefined;
    return this.ofQuery(query, outer, atTop);
  }

  #of(expression: Expression, aliases: Aliases): Condition | undefined {
    switch (expression.kind) {
      case 'and':
        return all(expression.operands.flatMap((operand) => this.#of(operand, aliases) ?? []));
      case 'or':
        return any(expression.operands.map((operand) => this.#of(operand, aliases)));
      case 'binary':
        return this.#comparison(expression, aliases);
      case 'in':
        return this.#oneOf(
          expression.operand,
          expression.list.map((item) => this.#constant(item)),
          aliases,
        );
      case 'between': {
        const from = this.#compared(expression.operand, '>=', this.#constant(expression.low), aliases);
        const to = this.#compared(expression.operand, '<=', this.#constant(expression.high), aliases);
        return all([from, to].filter((side) => side !== undefined));
      }
      case 'like': {
        const pattern = this.#constant(expression.pattern);
        if (typeof pattern?.value !== 'string' || expression.escape !== undefined) return undefined;
        return this.#term(expression.operand, [startingWith(/^[^%_[]*/.exec(pattern.value)?.[0] ?? '')], aliases);
      }
      case 'call':
        return this.#call(expression, aliases);
      case 'exists':
        return this.#ofRows(expression.query, aliases, false);
      case 'name':
      case 'property':
        return this.#term(expression, [equalTo(true)], aliases);
      default:
        return undefined;
    }
  }

  #comparison(
    { operator, left, right }: Extract<Expression, { kind: 'binary' }>,
    aliases: Aliases,
  ): Condition | undefined {
    const turned = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' } as const;
    if (operator !== '=' && operator !== '<' && operator !== '<=' && operator !== '>' && operator !== '>=')
      return undefined;
    const value = this.#constant(right);
    return value === undefined
      ? this.#compared(right, turned[operator], this.#constant(left), aliases)
      : this.#compared(left, operator, value, aliases);
  }

  #compared(
    operand: Expression,
    operator: '=' | '<' | '<=' | '>' | '>=',
    constant: Constant | undefined,
    aliases: Aliases,
  ): Condition | undefined {
    if (constant === undefined) return undefined;
    if (operator === '=') return this.#oneOf(operand, [constant], aliases);
    const { value } = constant;
    if (value === undefined) return never;
    if (typeof value !== 'number' && typeof value !== 'string') return undefined;
    return this.#term(operand, [comparedTo(operator, value)], aliases);
  }

  /** The operand equals one of the values; nothing equals what is undefined. */
  #oneOf(operand: Expression, constants: readonly (Constant | undefined)[], aliases: Aliases): Condition | undefined {
    const path = pathOf(operand, aliases);
    return path === undefined ? undefined : this.#equals(path, constants);
  }

  #equals(path: string, constants: readonly (Constant | undefined)[]): Condition | undefined {
    const ranges: KeyRange[] = [];
    for (const constant of constants) {
      if (constant === undefined) return undefined;
      const { value } = constant;
      // Arrays and objects are found by being some, the query compares them.
      if (value !== undefined) ranges.push(equalTo(value));
    }
    return this.#at(path, ranges);
  }

  #term(operand: Expression, ranges: readonly KeyRange[], aliases: Aliases): Condition | undefined {
    const path = pathOf(operand, aliases);
    return path === undefined ? undefined : this.#at(path, ranges);
  }

  #at(path: string, ranges: readonly KeyRange[]): Condition | undefined {
    if (ranges.length === 0) return never;
    return this.#index.indexed(path) ? { kind: 'term', path, ranges: normalized(ranges) } : undefined;
  }

  #call({ name, parameters }: Call, aliases: Aliases): Condition | undefined {
    const [first, second, third] = parameters;
    if (first === undefined) return undefined;
    const kind = kindsTested[name];
    if (kind !== undefined) return this.#term(first, [kind === 'any' ? everyKey : ofType(kind)], aliases);
    if (second === undefined) return undefined;
    const others = parameters.slice(1).map((parameter) => this.#constant(parameter));
    switch (name) {
      case 'STARTSWITH':
      case 'STRINGEQUALS': {
        const [text] = others;
        // The index knows letters as they are written.
        if (typeof text?.value !== 'string' || (third !== undefined && this.#constant(third)?.value !== false))
          return undefined;
        return this.#term(first, [name === 'STARTSWITH' ? startingWith(text.value) : equalTo(text.value)], aliases);
      }
      case 'ARRAY_CONTAINS':
        return this.#arrayContains(first, second, third, aliases);
      case 'ARRAY_CONTAINS_ANY':
        return this.#elements(first, others, aliases);
      case 'ARRAY_CONTAINS_ALL':
        return all(others.flatMap((other) => this.#elements(first, [other], aliases) ?? []));
      default:
        return undefined;
    }
  }

  #arrayContains(
    list: Expression,
    wanted: Expression,
    partial: Expression | undefined,
    aliases: Aliases,
  ): Condition | undefined {
    const values = this.#constant(list)?.value;
    // ARRAY_CONTAINS(@list, c.x) is c.x IN (…).
    if (Array.isArray(values))
      return partial === undefined
        ? this.#oneOf(
            wanted,
            values.map((value) => ({ value })),
            aliases,
          )
        : undefined;
    const constant = this.#constant(wanted);
    const path = pathOf(list, aliases);
    if (partial === undefined || constant === undefined || path === undefined || !isObject(constant.value))
      return this.#elements(list, [constant], aliases);
    return all(
      Object.entries(constant.value).flatMap(
        ([name, value]) => this.#equals(pathStep(`${path}/${everyElement}`, name), [{ value }]) ?? [],
      ),
    );
  }

  #elements(list: Expression, constants: readonly (Constant | undefined)[], aliases: Aliases): Condition | undefined {
    const path = pathOf(list, aliases);
    return path === undefined ? undefined : this.#equals(`${path}/${everyElement}`, constants);
  }

  #constant(expression: Expression): Constant | undefined {
    return constantOf(expression, this.#parameters);
  }
}

type Constant = { readonly value: Json | undefined };

const kindsTested: Readonly<Record<string, ReturnType<typeof kindOf> | 'any'>> = {
  IS_DEFINED: 'any',
  IS_NULL: 'null',
  IS_BOOL: 'boolean',
  IS_NUMBER: 'number',
  IS_STRING: 'string',
  IS_ARRAY: 'array',
  IS_OBJECT: 'object',
};
