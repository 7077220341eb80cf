import type { Location } from './ast.ts';
import { syntaxError, type Token } from './lexer.ts';
import { QueryError } from './query-error.ts';

/** Words that are no names; `c["order"]` says what `c.order` cannot. */
const reserved = new Set(
  'AND ARRAY AS ASC BETWEEN BY DESC DISTINCT ESCAPE EXISTS FALSE FROM GROUP IN INNER JOIN LIKE LIMIT NOT NULL OFFSET OR ORDER SELECT TOP TRUE UDF UNDEFINED VALUE WHERE'.split(
    ' ',
  ),
);

/** How deep expressions and subqueries may nest here; what a person writes stays far below. */
const deepest = 128;

/** Reads tokens one after the other. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  /** @param tokens end with an 'end' token, as `tokenize` gives them. */
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The token `ahead` of the present one; past the end: the last. */
  peek(ahead = 0): Token {
    const token = this.#tokens[this.#at + ahead] ?? this.#tokens.at(-1);
    if (token === undefined) throw syntaxError('', { start: 0, end: 0 });
    return token;
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  fail(): never {
    const { text, start, end } = this.peek();
    throw syntaxError(text, { start, end });
  }

  /** Whether a keyword or symbol stands `ahead`. */
  is(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'word' ? token.text.toUpperCase() === text : token.kind === 'symbol' && token.text === text;
  }

  take(text: string): boolean {
    if (!this.is(text)) return false;
    this.#at++;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) this.fail();
  }

  /** Whether a name stands here, that is a word which is not reserved. */
  atIdentifier(): boolean {
    const token = this.peek();
    return token.kind === 'word' && !reserved.has(token.text.toUpperCase());
  }

  identifier(): string {
    if (!this.atIdentifier()) this.fail();
    return this.next().text;
  }

  expectEnd(): void {
    if (this.peek().kind !== 'end') this.fail();
  }

  location(): Location {
    const { start, end } = this.peek();
    return { start, end };
  }

  /** Reads something that may contain its like. @throws QueryError when it nests too deep. */
  nested<T>(read: () => T): T {
    if (++this.#depth > deepest) {
      throw new QueryError('SC9002', `The query nests deeper than ${deepest} levels.`, this.location());
    }
    const made = read();
    this.#depth--;
    return made;
  }
}
