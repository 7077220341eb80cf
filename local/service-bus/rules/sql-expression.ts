import { type Scalar, Uuid } from '../amqp/scalar.ts';
import { type RuleMessage, systemProperties } from './rule-message.ts';
import { SqlSyntaxError, type Token, tokens } from './sql-lexer.ts';
import { calculate } from './sql-values.ts';

/** What an expression is computed from. */
export interface Evaluation {
  readonly message: RuleMessage;
  newId(): string;
}
export type Expression = (given: Evaluation) => Scalar | undefined;

/** A property as SQL names it; `sys` names are in small letters. */
export interface PropertyName {
  readonly scope: 'user' | 'sys';
  readonly name: string;
}

/** Values of `@names`, as rules may carry them. */
export type SqlParameters = Readonly<Record<string, Scalar>>;

export const deepest = 64;

/**
 * Expressions of Service Bus SQL by recursive descent
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-filter). Closures, not a tree:
 * a filter is parsed once and runs for every message.
 */
export class ExpressionParser {
  protected readonly tokens: readonly Token[];
  readonly #parameters: SqlParameters;
  protected next = 0;
  protected depth = 0;

  constructor(sql: string, parameters: SqlParameters = {}) {
    this.tokens = tokens(sql);
    this.#parameters = parameters;
  }

  protected get token(): Token | undefined {
    return this.tokens[this.next];
  }

  get atEnd(): boolean {
    return this.token === undefined;
  }

  fail(expected: string): never {
    const found = this.token === undefined ? 'the end' : `"${this.token.text}"`;
    throw new SqlSyntaxError(`Expected ${expected}, found ${found}.`);
  }

  protected isWord(word: string): boolean {
    return this.token?.kind === 'name' && this.token.text.toUpperCase() === word;
  }

  word(word: string): boolean {
    const found = this.isWord(word);
    if (found) this.next++;
    return found;
  }

  operator(text: string): boolean {
    const found = this.token?.kind === 'operator' && this.token.text === text;
    if (found) this.next++;
    return found;
  }

  protected need(found: boolean, expected: string): void {
    if (!found) this.fail(expected);
  }

  /** term { (+ | -) term } */
  expression(): Expression {
    if (++this.depth > deepest) throw new SqlSyntaxError(`The expression is nested deeper than ${deepest}.`);
    let left = this.#term();
    for (;;) {
      const operator = ['+', '-'].find((sign) => this.operator(sign));
      if (operator === undefined) break;
      const [a, b] = [left, this.#term()];
      left = (given) => calculate(operator, a(given), b(given));
    }
    this.depth--;
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
    const token = this.token;
    if (this.operator('(')) {
      const inner = this.expression();
      this.need(this.operator(')'), '")"');
      return inner;
    }
    if (token?.kind === 'string' || token?.kind === 'number') {
      this.next++;
      const value = token.kind === 'number' ? token.value : token.text;
      return () => value;
    }
    if (this.word('TRUE')) return () => true;
    if (this.word('FALSE')) return () => false;
    if (this.word('NULL')) return () => null;
    if (token?.kind === 'name' && token.text.startsWith('@')) {
      this.next++;
      const value = this.#parameters[token.text];
      if (value === undefined) throw new SqlSyntaxError(`The parameter ${token.text} has no value.`);
      return () => value;
    }
    return this.#call() ?? this.read(this.property());
  }

  /** newid(), property(name), p(name) */
  #call(): Expression | undefined {
    const token = this.token;
    const after = this.tokens[this.next + 1];
    if (token?.kind !== 'name' || after?.kind !== 'operator' || after.text !== '(') return undefined;
    const name = token.text.toLowerCase();
    if (!['newid', 'property', 'p'].includes(name)) throw new SqlSyntaxError(`There is no function ${token.text}.`);
    this.next += 2;
    if (name === 'newid') {
      this.need(this.operator(')'), '")"');
      return ({ newId }) => new Uuid(newId());
    }
    const which = this.expression();
    this.need(this.operator(')'), '")"');
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
    const token = this.token;
    if (token?.kind !== 'name' && token?.kind !== 'quoted name') this.fail('a property name');
    this.next++;
    return token.text;
  }

  protected read({ scope, name }: PropertyName): Expression {
    return scope === 'sys' ? ({ message }) => message.system(name) : ({ message }) => message.userProperty(name);
  }
}
