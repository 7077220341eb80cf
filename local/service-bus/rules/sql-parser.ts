import { type Scalar, Uuid } from '../amqp/scalar.ts';
import { isLike } from './like-pattern.ts';
import { type RuleMessage, systemProperties } from './rule-message.ts';
import { SqlSyntaxError, type Token, tokens } from './sql-lexer.ts';
import {
  and,
  calculate,
  compare,
  comparisonOperators,
  FilterEvaluationError,
  not,
  or,
  type Truth,
} from './sql-values.ts';

/** What an expression is computed from. */
export interface Evaluation {
  readonly message: RuleMessage;
  newId(): string;
}
export type Expression = (given: Evaluation) => Scalar | undefined;
type Predicate = (given: Evaluation) => Truth;

/** A property as SQL names it; `sys` names are in small letters. */
export interface PropertyName {
  readonly scope: 'user' | 'sys';
  readonly name: string;
}

/** Values of `@names`, as rules may carry them. */
export type SqlParameters = Readonly<Record<string, Scalar>>;

const deepest = 64;

/**
 * Service Bus SQL by recursive descent
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-filter). Closures, not a tree:
 * a filter is parsed once and runs for every message.
 */
export class SqlParser {
  readonly #tokens: readonly Token[];
  readonly #parameters: SqlParameters;
  #next = 0;
  #depth = 0;

  constructor(sql: string, parameters: SqlParameters = {}) {
    this.#tokens = tokens(sql);
    this.#parameters = parameters;
  }

  get #token(): Token | undefined {
    return this.#tokens[this.#next];
  }

  get atEnd(): boolean {
    return this.#token === undefined;
  }

  fail(expected: string): never {
    const found = this.#token === undefined ? 'the end' : `"${this.#token.text}"`;
    throw new SqlSyntaxError(`Expected ${expected}, found ${found}.`);
  }

  #isWord(word: string): boolean {
    return this.#token?.kind === 'name' && this.#token.text.toUpperCase() === word;
  }

  word(word: string): boolean {
    const found = this.#isWord(word);
    if (found) this.#next++;
    return found;
  }

  operator(text: string): boolean {
    const found = this.#token?.kind === 'operator' && this.#token.text === text;
    if (found) this.#next++;
    return found;
  }

  #need(found: boolean, expected: string): void {
    if (!found) this.fail(expected);
  }

  /** predicate { OR predicate } */
  predicate(): Predicate {
    if (++this.#depth > deepest) throw new SqlSyntaxError(`The expression is nested deeper than ${deepest}.`);
    let left = this.#conjunction();
    while (this.word('OR')) {
      const [a, b] = [left, this.#conjunction()];
      left = (given) => or(a(given), b(given));
    }
    this.#depth--;
    return left;
  }

  #conjunction(): Predicate {
    let left = this.#negation();
    while (this.word('AND')) {
      const [a, b] = [left, this.#negation()];
      left = (given) => and(a(given), b(given));
    }
    return left;
  }

  #negation(): Predicate {
    let negated = false;
    while (this.word('NOT')) negated = !negated;
    const inner = this.#condition();
    return negated ? (given) => not(inner(given)) : inner;
  }

  #condition(): Predicate {
    if (this.word('EXISTS')) {
      this.#need(this.operator('('), '"("');
      const property = this.#read(this.property());
      this.#need(this.operator(')'), '")"');
      return (given) => property(given) !== undefined;
    }
    const bracketed = this.#bracketedPredicate();
    if (bracketed !== undefined) return bracketed;
    const left = this.expression();
    for (const operator of comparisonOperators) {
      if (!this.operator(operator)) continue;
      const right = this.expression();
      return (given) => compare(operator, left(given), right(given));
    }
    if (this.word('IS')) {
      const negated = this.word('NOT');
      this.#need(this.word('NULL'), 'NULL');
      return (given) => (left(given) == null) !== negated;
    }
    const negated = this.word('NOT');
    const test = this.word('LIKE') ? this.#like(left) : this.word('IN') ? this.#in(left) : undefined;
    if (test !== undefined) return negated ? (given) => not(test(given)) : test;
    if (negated) this.fail('LIKE or IN');
    // A property or constant alone is a condition when it is a boolean.
    return (given) => {
      const value = left(given);
      return typeof value === 'boolean' ? value : null;
    };
  }

  /** `(` may open a predicate or an expression: what follows its `)` tells. */
  #bracketedPredicate(): Predicate | undefined {
    const start = this.#next;
    const depth = this.#depth;
    if (!this.operator('(')) return undefined;
    try {
      const inner = this.predicate();
      this.#need(this.operator(')'), '")"');
      const next = this.#token;
      const goesOn =
        (next?.kind === 'operator' && !['(', ')', ';', ','].includes(next.text)) ||
        ['IS', 'LIKE', 'IN'].some((word) => this.#isWord(word));
      if (!goesOn) return inner;
    } catch (error) {
      if (!(error instanceof SqlSyntaxError) || this.#depth > deepest) throw error;
    }
    this.#next = start;
    this.#depth = depth;
    return undefined;
  }

  #like(left: Expression): Predicate {
    const pattern = this.expression();
    const escaping = this.word('ESCAPE') ? this.expression() : () => undefined;
    return (given) => {
      const [text, form, sign] = [left(given), pattern(given), escaping(given)];
      if (text == null || form == null) return null;
      if (typeof text !== 'string' || typeof form !== 'string') return false;
      if (sign != null && (typeof sign !== 'string' || [...sign].length !== 1))
        throw new FilterEvaluationError('ESCAPE needs one character.');
      return isLike(text, form, typeof sign === 'string' ? sign : undefined);
    };
  }

  #in(left: Expression): Predicate {
    this.#need(this.operator('('), '"("');
    const items = [this.expression()];
    while (this.operator(',')) items.push(this.expression());
    this.#need(this.operator(')'), '")"');
    return (given) => {
      const value = left(given);
      return items.map((item) => compare('=', value, item(given))).reduce<Truth>(or, false);
    };
  }

  /** term { (+ | -) term } */
  expression(): Expression {
    if (++this.#depth > deepest) throw new SqlSyntaxError(`The expression is nested deeper than ${deepest}.`);
    let left = this.#term();
    for (;;) {
      const operator = ['+', '-'].find((sign) => this.operator(sign));
      if (operator === undefined) break;
      const [a, b] = [left, this.#term()];
      left = (given) => calculate(operator, a(given), b(given));
    }
    this.#depth--;
    return left;
  }

  #term(): Expression {
    let left = this.#factor();
    for (;;) {
      const operator = ['*', '/', '%'].find((sign) => this.operator(sign));
      if (operator === undefined) return left;
      const [a, b] = [left, this.#factor()];
      left = (given) => calculate(operator, a(given), b(given));
    }
  }

  #factor(): Expression {
    let negative = false;
    for (;;) {
      if (this.operator('-')) negative = !negative;
      else if (!this.operator('+')) break;
    }
    const inner = this.#primary();
    return negative ? (given) => calculate('-', 0n, inner(given)) : inner;
  }

  #primary(): Expression {
    const token = this.#token;
    if (this.operator('(')) {
      const inner = this.expression();
      this.#need(this.operator(')'), '")"');
      return inner;
    }
    if (token?.kind === 'string' || token?.kind === 'number') {
      this.#next++;
      const value = token.kind === 'number' ? token.value : token.text;
      return () => value;
    }
    if (this.word('TRUE')) return () => true;
    if (this.word('FALSE')) return () => false;
    if (this.word('NULL')) return () => null;
    if (token?.kind === 'name' && token.text.startsWith('@')) {
      this.#next++;
      const value = this.#parameters[token.text];
      if (value === undefined) throw new SqlSyntaxError(`The parameter ${token.text} has no value.`);
      return () => value;
    }
    return this.#call() ?? this.#read(this.property());
  }

  /** newid(), property(name), p(name) */
  #call(): Expression | undefined {
    const token = this.#token;
    const after = this.#tokens[this.#next + 1];
    if (token?.kind !== 'name' || after?.kind !== 'operator' || after.text !== '(') return undefined;
    const name = token.text.toLowerCase();
    if (!['newid', 'property', 'p'].includes(name)) throw new SqlSyntaxError(`There is no function ${token.text}.`);
    this.#next += 2;
    if (name === 'newid') {
      this.#need(this.operator(')'), '")"');
      return ({ newId }) => new Uuid(newId());
    }
    const which = this.expression();
    this.#need(this.operator(')'), '")"');
    return (given) => given.message.userProperty(String(which(given)));
  }

  /** [ sys. | user. ] name. @throws SqlSyntaxError also for a system property that there is not */
  property(): PropertyName {
    const first = this.#name();
    if (!this.operator('.')) return { scope: 'user', name: first };
    const scope = first.toLowerCase();
    if (scope !== 'sys' && scope !== 'user') throw new SqlSyntaxError(`"${first}" is no scope: use sys or user.`);
    const name = this.#name();
    if (scope === 'user') return { scope, name };
    if (!systemProperties.has(name.toLowerCase()))
      throw new SqlSyntaxError(`sys.${name} is no system property that this server knows.`);
    return { scope, name: name.toLowerCase() };
  }

  #name(): string {
    const token = this.#token;
    if (token?.kind !== 'name' && token?.kind !== 'quoted name') this.fail('a property name');
    this.#next++;
    return token.text;
  }

  #read({ scope, name }: PropertyName): Expression {
    return scope === 'sys' ? ({ message }) => message.system(name) : ({ message }) => message.userProperty(name);
  }
}
