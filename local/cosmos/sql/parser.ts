import type { Column, Expression, OrderItem, Query, Select, Source } from './ast.ts';
import { ExpressionParser } from './expression-parser.ts';
import { tokenize } from './lexer.ts';
import { QueryError } from './query-error.ts';
import { TokenReader } from './token-reader.ts';

/** `maxJoinsPerSqlQuery` of the account document. */
const mostJoins = 5;

/** Parses a query of the Cosmos DB SQL language. @throws QueryError naming the place. */
export function parse(sql: string): Query {
  const reader = new TokenReader(tokenize(sql));
  const query = new Parser(reader).query();
  reader.expectEnd();
  return query;
}

class Parser {
  readonly #reader: TokenReader;
  readonly #expressions: ExpressionParser;

  constructor(reader: TokenReader) {
    this.#reader = reader;
    this.#expressions = new ExpressionParser(reader, () => this.query());
  }

  query(): Query {
    this.#reader.expect('SELECT');
    const distinct = this.#reader.take('DISTINCT');
    const top = this.#reader.take('TOP') ? this.#expressions.constant() : undefined;
    const select = this.#select();
    const sources = this.#reader.take('FROM') ? this.#sources() : [];
    const where = this.#reader.take('WHERE') ? this.#expressions.expression() : undefined;
    const groupBy = this.#by('GROUP', () => this.#expressions.expression());
    const orderBy = this.#by('ORDER', () => this.#orderItem());
    let offset: Expression | undefined;
    let limit: Expression | undefined;
    if (this.#reader.take('OFFSET')) {
      offset = this.#expressions.constant();
      this.#reader.expect('LIMIT');
      limit = this.#expressions.constant();
    }
    return { distinct, top, select, sources, where, groupBy, orderBy, offset, limit };
  }

  #select(): Select {
    const at = this.#reader.location();
    if (this.#reader.take('*')) return { kind: 'star', at };
    if (this.#reader.take('VALUE')) return { kind: 'value', value: this.#expressions.expression() };
    const columns: Column[] = [];
    let unnamed = 0;
    do {
      const at = this.#reader.location();
      const value = this.#expressions.expression();
      const alias = this.#alias() ?? impliedName(value) ?? `$${++unnamed}`;
      if (columns.some((column) => column.alias === alias)) {
        throw new QueryError('SC9003', `SELECT names two columns '${alias}'.`, at);
      }
      columns.push({ alias, value });
    } while (this.#reader.take(','));
    return { kind: 'columns', columns };
  }

  #alias(): string | undefined {
    if (this.#reader.take('AS')) return this.#reader.identifier();
    return this.#reader.atIdentifier() ? this.#reader.identifier() : undefined;
  }

  #sources(): Source[] {
    const sources = [this.#source()];
    while (this.#reader.take('JOIN')) {
      if (sources.length > mostJoins) {
        throw new QueryError('SC9002', `A query may have at most ${mostJoins} JOINs.`, this.#reader.location());
      }
      sources.push(this.#source());
    }
    return sources;
  }

  /** `c`, `c.items i`, `i IN c.items`, `(SELECT …) s`, `s IN (SELECT …)`. */
  #source(): Source {
    if (this.#reader.is('(')) return { of: this.#subquery(), alias: this.#alias(), each: false };
    if (this.#reader.is('IN', 1)) {
      const alias = this.#reader.identifier();
      this.#reader.next();
      return this.#reader.is('(')
        ? { alias, of: this.#subquery(), each: false }
        : { alias, of: { path: this.#expressions.path() }, each: true };
    }
    const path = this.#expressions.path();
    return { alias: this.#alias() ?? impliedName(path), of: { path }, each: false };
  }

  #subquery(): { query: Query } {
    this.#reader.expect('(');
    const query = this.#reader.nested(() => this.query());
    this.#reader.expect(')');
    return { query };
  }

  #by<T>(word: 'GROUP' | 'ORDER', read: () => T): T[] {
    const items: T[] = [];
    if (!this.#reader.take(word)) return items;
    this.#reader.expect('BY');
    do items.push(read());
    while (this.#reader.take(','));
    return items;
  }

  #orderItem(): OrderItem {
    const by = this.#expressions.expression();
    const descending = this.#reader.take('DESC');
    if (!descending) this.#reader.take('ASC');
    return { by, descending };
  }
}

/** What a column or source is called that has no alias: the last name of its path. */
function impliedName(value: Expression): string | undefined {
  if (value.kind === 'name') return value.name;
  const last = value.kind === 'property' && value.key.kind === 'literal' ? value.key.value : undefined;
  return typeof last === 'string' ? last : undefined;
}
