import type { BinaryOperator, Expression, Query, SubqueryKind, UnaryOperator } from './ast.ts';
import { QueryError } from './query-error.ts';
import type { TokenReader } from './token-reader.ts';

/** Binary operators from the loosest to the tightest (`OR`, `AND` and `NOT` stand between `??` and these). */
const levels: readonly (readonly BinaryOperator[])[] = [
  ['|'],
  ['^'],
  ['&'],
  ['=', '!=', '<', '<=', '>', '>='],
  ['||'],
  ['<<', '>>', '>>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const comparison = 3;
const unaryOperators: readonly UnaryOperator[] = ['-', '+', '~'];
const subqueries: Readonly<Record<string, SubqueryKind>> = {
  EXISTS: 'exists',
  ARRAY: 'array',
  FIRST: 'first',
  LAST: 'last',
};

/** Limits that the account document tells its clients. */
const longestIn = 16_000;
const longestChain = 500;

/** Parses scalar expressions; subqueries are left to `query`. */
export class ExpressionParser {
  readonly #reader: TokenReader;
  readonly #query: () => Query;

  constructor(reader: TokenReader, query: () => Query) {
    this.#reader = reader;
    this.#query = query;
  }

  expression(): Expression {
    return this.#reader.nested(() => {
      const test = this.#coalesce();
      if (!this.#reader.take('?')) return test;
      const then = this.expression();
      this.#reader.expect(':');
      return { kind: 'conditional', test, then, otherwise: this.expression() };
    });
  }

  /** A literal or a parameter, as TOP, OFFSET and LIMIT take them. */
  constant(): Expression {
    const { kind } = this.#reader.peek();
    if (kind !== 'number' && kind !== 'parameter') this.#reader.fail();
    return this.primary();
  }

  /** A name and what follows it: `c.a["b"][0]`. */
  path(): Expression {
    const at = this.#reader.location();
    return this.suffixes({ kind: 'name', name: this.#reader.identifier(), at });
  }

  suffixes(start: Expression): Expression {
    let of = start;
    for (let length = 0; ; length++) {
      if (length > longestChain) this.#tooLong('properties in a row');
      if (this.#reader.take('.')) {
        of = { kind: 'property', of, key: { kind: 'literal', value: this.#reader.identifier() } };
      } else if (this.#reader.take('[')) {
        of = { kind: 'property', of, key: this.expression() };
        this.#reader.expect(']');
      } else return of;
    }
  }

  #coalesce(): Expression {
    return this.#chain(['??'], () => this.#or());
  }

  #or(): Expression {
    return this.#operands('or', 'OR', () => this.#operands('and', 'AND', () => this.#not()));
  }

  #operands(kind: 'and' | 'or', word: string, read: () => Expression): Expression {
    const operands = [read()];
    while (this.#reader.take(word)) {
      operands.push(read());
      if (operands.length > longestChain) this.#tooLong(`operands of ${word}`);
    }
    const [first] = operands;
    return operands.length === 1 && first !== undefined ? first : { kind, operands };
  }

  #not(): Expression {
    if (!this.#reader.take('NOT')) return this.#binary(0);
    return this.#reader.nested(() => ({ kind: 'unary', operator: 'NOT', operand: this.#not() }));
  }

  #binary(level: number): Expression {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    if (level !== comparison) return this.#chain(operators, () => this.#binary(level + 1));
    return this.#chain(operators, () => this.#membership(this.#binary(level + 1)));
  }

  /** `a + b - c`, from left to right. */
  #chain(operators: readonly BinaryOperator[], read: () => Expression): Expression {
    let left = read();
    for (let length = 1; ; length++) {
      const operator = this.#operator(operators);
      if (operator === undefined) return left;
      if (length > longestChain) this.#tooLong('operators in a row');
      left = { kind: 'binary', operator, left, right: read() };
    }
  }

  #operator(operators: readonly BinaryOperator[]): BinaryOperator | undefined {
    const found = operators.find(
      (operator) => this.#reader.is(operator) || (operator === '!=' && this.#reader.is('<>')),
    );
    if (found !== undefined) this.#reader.next();
    return found;
  }

  /** `[NOT] IN (…)`, `[NOT] BETWEEN a AND b`, `[NOT] LIKE p [ESCAPE c]`. */
  #membership(operand: Expression): Expression {
    const negated = this.#reader.is('NOT') && ['IN', 'BETWEEN', 'LIKE'].some((word) => this.#reader.is(word, 1));
    if (negated) this.#reader.next();
    const tested = this.#in(operand) ?? this.#between(operand) ?? this.#like(operand);
    if (tested === undefined) return operand;
    return negated ? { kind: 'unary', operator: 'NOT', operand: tested } : tested;
  }

  #in(operand: Expression): Expression | undefined {
    if (!this.#reader.take('IN')) return undefined;
    this.#reader.expect('(');
    if (this.#reader.is(')')) this.#reader.fail();
    const list = this.list(')');
    if (list.length > longestIn) this.#tooLong('values of IN');
    return { kind: 'in', operand, list };
  }

  #between(operand: Expression): Expression | undefined {
    if (!this.#reader.take('BETWEEN')) return undefined;
    const low = this.#binary(comparison + 1);
    this.#reader.expect('AND');
    return { kind: 'between', operand, low, high: this.#binary(comparison + 1) };
  }

  #like(operand: Expression): Expression | undefined {
    if (!this.#reader.take('LIKE')) return undefined;
    const pattern = this.#binary(comparison + 1);
    if (!this.#reader.take('ESCAPE')) return { kind: 'like', operand, pattern };
    const { kind, text } = this.#reader.peek();
    if (kind !== 'string' || [...text].length !== 1) this.#reader.fail();
    this.#reader.next();
    return { kind: 'like', operand, pattern, escape: text };
  }

  #unary(): Expression {
    const operator = unaryOperators.find((candidate) => this.#reader.is(candidate));
    if (operator === undefined) return this.suffixes(this.primary());
    this.#reader.next();
    return this.#reader.nested(() => ({ kind: 'unary', operator, operand: this.#unary() }));
  }

  list(close: string): Expression[] {
    const items: Expression[] = [];
    if (this.#reader.take(close)) return items;
    do items.push(this.expression());
    while (this.#reader.take(','));
    this.#reader.expect(close);
    return items;
  }

  primary(): Expression {
    const { kind, text } = this.#reader.peek();
    switch (kind) {
      case 'string':
        this.#reader.next();
        return { kind: 'literal', value: text };
      case 'number':
        // Beyond what a double holds there is no number to compare with.
        if (!Number.isFinite(Number(text))) this.#reader.fail();
        this.#reader.next();
        return { kind: 'literal', value: Number(text) };
      case 'parameter':
        this.#reader.next();
        return { kind: 'parameter', name: text };
      case 'word':
        return this.#word(text.toUpperCase());
      default:
        return this.#bracketed();
    }
  }

  #bracketed(): Expression {
    if (this.#reader.take('[')) return { kind: 'list', items: this.list(']') };
    if (this.#reader.take('{')) return { kind: 'object', entries: this.#entries() };
    this.#reader.expect('(');
    if (this.#reader.is('SELECT')) return this.#subquery('scalar');
    const inner = this.expression();
    this.#reader.expect(')');
    return inner;
  }

  #word(upper: string): Expression {
    const literal = { TRUE: { value: true }, FALSE: { value: false }, NULL: { value: null }, UNDEFINED: {} }[upper];
    if (literal !== undefined) {
      this.#reader.next();
      return { kind: 'literal', value: 'value' in literal ? literal.value : undefined };
    }
    if (upper === 'UDF') return this.#userFunction();
    if (!this.#reader.is('(', 1)) return this.path();
    const subquery = subqueries[upper];
    if (subquery !== undefined && (subquery === 'exists' || subquery === 'array' || this.#reader.is('SELECT', 2))) {
      this.#reader.next();
      this.#reader.next();
      return this.#subquery(subquery);
    }
    const at = this.#reader.location();
    this.#reader.identifier();
    this.#reader.expect('(');
    return { kind: 'call', name: upper, parameters: this.list(')'), at };
  }

  #userFunction(): Expression {
    this.#reader.next();
    this.#reader.expect('.');
    const name = this.#reader.identifier();
    this.#reader.expect('(');
    return { kind: 'udf', name, parameters: this.list(')') };
  }

  #subquery(kind: SubqueryKind): Expression {
    const query = this.#reader.nested(this.#query);
    this.#reader.expect(')');
    return { kind, query };
  }

  #entries(): (readonly [string, Expression])[] {
    const entries: (readonly [string, Expression])[] = [];
    if (this.#reader.take('}')) return entries;
    do {
      const token = this.#reader.next();
      if (token.kind !== 'word' && token.kind !== 'string') this.#reader.fail();
      this.#reader.expect(':');
      entries.push([token.text, this.expression()]);
    } while (this.#reader.take(','));
    this.#reader.expect('}');
    return entries;
  }

  #tooLong(what: string): never {
    throw new QueryError('SC9002', `The query has too many ${what}.`, this.#reader.location());
  }
}
