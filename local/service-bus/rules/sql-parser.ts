import { isLike } from './like-pattern.ts';
import { deepest, type Evaluation, type Expression, ExpressionParser } from './sql-expression.ts';
import { SqlSyntaxError } from './sql-lexer.ts';
import { and, compare, comparisonOperators, FilterEvaluationError, not, or, type Truth } from './sql-values.ts';

type Predicate = (given: Evaluation) => Truth;

/** Service Bus SQL: predicates over expressions, in three-valued logic. */
export class SqlParser extends ExpressionParser {
  /** predicate { OR predicate } */
  predicate(): Predicate {
    if (++this.depth > deepest) throw new SqlSyntaxError(`The expression is nested deeper than ${deepest}.`);
    let left = this.#conjunction();
    while (this.word('OR')) {
      const [a, b] = [left, this.#conjunction()];
      left = (given) => or(a(given), b(given));
    }
    this.depth--;
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
      this.need(this.operator('('), '"("');
      const property = this.read(this.property());
      this.need(this.operator(')'), '")"');
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
      this.need(this.word('NULL'), 'NULL');
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
    const start = this.next;
    const depth = this.depth;
    if (!this.operator('(')) return undefined;
    try {
      const inner = this.predicate();
      this.need(this.operator(')'), '")"');
      const next = this.token;
      const goesOn =
        (next?.kind === 'operator' && !['(', ')', ';', ','].includes(next.text)) ||
        ['IS', 'LIKE', 'IN'].some((word) => this.isWord(word));
      if (!goesOn) return inner;
    } catch (error) {
      if (!(error instanceof SqlSyntaxError) || this.depth > deepest) throw error;
    }
    this.next = start;
    this.depth = depth;
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
    this.need(this.operator('('), '"("');
    const items = [this.expression()];
    while (this.operator(',')) items.push(this.expression());
    this.need(this.operator(')'), '")"');
    return (given) => {
      const value = left(given);
      return items.map((item) => compare('=', value, item(given))).reduce<Truth>(or, false);
    };
  }
}
