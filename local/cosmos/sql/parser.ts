import { badRequest } from '../errors.ts';
import type { Expression, Query, Source } from './ast.ts';
import { type Token, tokenize } from './lexer.ts';

/** Binary operators from the loosest to the tightest. */
const levels: readonly (readonly string[])[] = [
  ['??'],
  ['OR'],
  ['AND'],
  ['|'],
  ['^'],
  ['&'],
  ['=', '!=', '<>', '<', '<=', '>', '>='],
  ['||'],
  ['<<', '>>', '>>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const comparisonLevel = 6;
const reserved = new Set(
  'SELECT FROM WHERE JOIN IN ORDER GROUP BY OFFSET LIMIT TOP DISTINCT VALUE AND OR NOT BETWEEN LIKE ESCAPE AS ASC DESC EXISTS ARRAY'.split(
    ' ',
  ),
);

/** Parses a query of the Cosmos DB SQL language. @throws CosmosError 400 naming the place. */
export function parse(sql: string): Query {
  const parser = new Parser(tokenize(sql));
  const query = parser.query();
  parser.expectEnd();
  return query;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get #token(): Token {
    const token = this.#tokens[this.#at] ?? this.#tokens.at(-1);
    if (token === undefined) throw badRequest('The query is empty.');
    return token;
  }

  #fail(): never {
    const { text, position } = this.#token;
    throw badRequest(
      text === '' ? 'Syntax error: the query ends too early.' : `Syntax error near '${text}' at ${position}.`,
    );
  }

  #is(text: string): boolean {
    const token = this.#token;
    return token.kind === 'word' ? token.text.toUpperCase() === text : token.kind === 'symbol' && token.text === text;
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) this.#fail();
  }

  #identifier(): string {
    const token = this.#token;
    if (token.kind !== 'word' || reserved.has(token.text.toUpperCase())) this.#fail();
    this.#at++;
    return token.text;
  }

  expectEnd(): void {
    if (this.#token.kind !== 'end') this.#fail();
  }

  query(): Query {
    this.#expect('SELECT');
    const distinct = this.#take('DISTINCT');
    const top = this.#take('TOP') ? this.#primary() : undefined;
    const select = this.#select();
    const sources = this.#take('FROM') ? this.#sources() : [];
    const where = this.#take('WHERE') ? this.#expression() : undefined;
    const groupBy: Expression[] = [];
    if (this.#take('GROUP')) {
      this.#expect('BY');
      do groupBy.push(this.#expression());
      while (this.#take(','));
    }
    const orderBy: { by: Expression; descending: boolean }[] = [];
    if (this.#take('ORDER')) {
      this.#expect('BY');
      do {
        const by = this.#expression();
        const descending = this.#take('DESC');
        if (!descending) this.#take('ASC');
        orderBy.push({ by, descending });
      } while (this.#take(','));
    }
    let offset: Expression | undefined;
    let limit: Expression | undefined;
    if (this.#take('OFFSET')) {
      offset = this.#primary();
      this.#expect('LIMIT');
      limit = this.#primary();
    }
    return { distinct, top, select, sources, where, groupBy, orderBy, offset, limit };
  }

  #select(): Query['select'] {
    if (this.#take('*')) return '*';
    if (this.#take('VALUE')) return { value: this.#expression() };
    const columns: { alias: string; value: Expression }[] = [];
    do {
      const value = this.#expression();
      const named = this.#take('AS') || (this.#token.kind === 'word' && !reserved.has(this.#token.text.toUpperCase()));
      columns.push({ alias: named ? this.#identifier() : (impliedName(value) ?? `$${columns.length + 1}`), value });
    } while (this.#take(','));
    return columns;
  }

  #sources(): Source[] {
    const sources = [this.#source()];
    while (this.#take('JOIN')) sources.push(this.#source());
    return sources;
  }

  #source(): Source {
    if (this.#is('(')) throw badRequest('A subquery in FROM is not supported here.');
    const first = this.#identifier();
    if (this.#take('IN')) return { alias: first, path: this.#path(), each: true };
    let path: Expression | undefined =
      this.#is('.') || this.#is('[') ? this.#suffixes({ kind: 'name', name: first }) : undefined;
    const named = this.#take('AS') || (this.#token.kind === 'word' && !reserved.has(this.#token.text.toUpperCase()));
    const alias = named ? this.#identifier() : first;
    path = path === undefined ? undefined : path;
    return { alias, path, each: false };
  }

  #path(): Expression {
    if (this.#is('(')) {
      this.#at++;
      const query = this.query();
      this.#expect(')');
      return { kind: 'array', query };
    }
    return this.#suffixes({ kind: 'name', name: this.#identifier() });
  }

  #expression(): Expression {
    const test = this.#binary(0);
    if (!this.#take('?')) return test;
    const then = this.#expression();
    this.#expect(':');
    return { kind: 'conditional', test, then, otherwise: this.#expression() };
  }

  #binary(level: number): Expression {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      if (level === comparisonLevel) {
        const tested = this.#membership(left);
        if (tested !== undefined) {
          left = tested;
          continue;
        }
      }
      const operator = operators.find((candidate) => this.#is(candidate));
      if (operator === undefined) return left;
      this.#at++;
      left = { kind: 'binary', operator: operator === '<>' ? '!=' : operator, left, right: this.#binary(level + 1) };
    }
  }

  /** `[NOT] IN (…)`, `[NOT] BETWEEN a AND b`, `[NOT] LIKE p [ESCAPE c]`. */
  #membership(operand: Expression): Expression | undefined {
    const start = this.#at;
    const negated = this.#take('NOT');
    let tested: Expression | undefined;
    if (this.#take('IN')) {
      this.#expect('(');
      tested = { kind: 'in', operand, list: this.#list(')') };
    } else if (this.#take('BETWEEN')) {
      const low = this.#binary(comparisonLevel + 1);
      this.#expect('AND');
      tested = { kind: 'between', operand, low, high: this.#binary(comparisonLevel + 1) };
    } else if (this.#take('LIKE')) {
      const pattern = this.#binary(comparisonLevel + 1);
      const escapedBy = this.#take('ESCAPE') ? this.#tokens[this.#at++]?.text : undefined;
      tested = { kind: 'like', operand, pattern, ...(escapedBy === undefined ? {} : { escape: escapedBy }) };
    }
    if (tested === undefined) {
      this.#at = start;
      return undefined;
    }
    return negated ? { kind: 'unary', operator: 'NOT', operand: tested } : tested;
  }

  #unary(): Expression {
    if (this.#take('NOT')) return { kind: 'unary', operator: 'NOT', operand: this.#binary(comparisonLevel) };
    for (const operator of ['-', '+', '~']) {
      if (this.#take(operator)) return { kind: 'unary', operator, operand: this.#unary() };
    }
    return this.#suffixes(this.#primary());
  }

  #suffixes(start: Expression): Expression {
    let of = start;
    for (;;) {
      if (this.#take('.')) {
        const token = this.#token;
        if (token.kind !== 'word') this.#fail();
        this.#at++;
        of = { kind: 'property', of, key: { kind: 'literal', value: token.text } };
      } else if (this.#take('[')) {
        of = { kind: 'property', of, key: this.#expression() };
        this.#expect(']');
      } else return of;
    }
  }

  #list(close: string): Expression[] {
    const items: Expression[] = [];
    if (this.#take(close)) return items;
    do items.push(this.#expression());
    while (this.#take(','));
    this.#expect(close);
    return items;
  }

  #primary(): Expression {
    const token = this.#token;
    if (token.kind === 'string') return this.#literal(token.text);
    if (token.kind === 'number') return this.#literal(Number(token.text));
    if (token.kind === 'parameter') {
      this.#at++;
      return { kind: 'parameter', name: token.text };
    }
    if (this.#take('[')) return { kind: 'list', items: this.#list(']') };
    if (this.#take('{')) return { kind: 'object', entries: this.#entries() };
    if (this.#take('(')) {
      if (this.#is('SELECT')) return this.#subquery('scalar');
      const inner = this.#expression();
      this.#expect(')');
      return inner;
    }
    if (token.kind !== 'word') this.#fail();
    const next = this.#tokens[this.#at + 1];
    const called = next?.kind === 'symbol' && next.text === '(';
    const upper = token.text.toUpperCase();
    if (called && (upper === 'EXISTS' || upper === 'ARRAY')) {
      this.#at += 2;
      return this.#subquery(upper === 'EXISTS' ? 'exists' : 'array');
    }
    if (called) {
      this.#at += 2;
      if (upper === 'COUNT' && this.#is('*')) this.#fail();
      return { kind: 'call', name: upper, parameters: this.#list(')') };
    }
    if (upper === 'TRUE' || upper === 'FALSE') return this.#literal(upper === 'TRUE');
    if (upper === 'NULL') return this.#literal(null);
    if (upper === 'UNDEFINED') return this.#literal(undefined);
    return { kind: 'name', name: this.#identifier() };
  }

  #literal(value: string | number | boolean | null | undefined): Expression {
    this.#at++;
    return { kind: 'literal', value };
  }

  #subquery(kind: 'exists' | 'array' | 'scalar'): Expression {
    const query = this.query();
    this.#expect(')');
    return { kind, query };
  }

  #entries(): (readonly [string, Expression])[] {
    const entries: (readonly [string, Expression])[] = [];
    if (this.#take('}')) return entries;
    do {
      const token = this.#token;
      if (token.kind !== 'word' && token.kind !== 'string') this.#fail();
      this.#at++;
      this.#expect(':');
      entries.push([token.text, this.#expression()]);
    } while (this.#take(','));
    this.#expect('}');
    return entries;
  }
}

function impliedName(value: Expression): string | undefined {
  if (value.kind === 'name') return value.name;
  if (value.kind === 'property' && value.key.kind === 'literal' && typeof value.key.value === 'string')
    return value.key.value;
  return undefined;
}
