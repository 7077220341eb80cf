import type { Json } from '../json.ts';
import { isAggregateName } from './aggregates.ts';
import type { Expression, Query } from './ast.ts';
import type { Evaluate, Results, Value } from './frame.ts';
import { findBuiltin } from './functions/find-builtin.ts';
import { likeMatcher } from './like.ts';
import { applyUnary, binaryOperators, both, either, equals, property } from './operators.ts';
import { notSupported, QueryError } from './query-error.ts';

/** What an expression may refer to. */
export interface Environment {
  /** The slot of a name; undefined: nobody introduces it. */
  readonly slotOf: (name: string) => number | undefined;
  readonly subquery: (query: Query) => Results;
  /** Where the result of an aggregate lies; undefined: there is none to be used here. */
  readonly aggregate?: (call: Extract<Expression, { kind: 'call' }>) => number;
  /** The slot of an expression that GROUP BY has worked out; undefined: it must be worked out here. */
  readonly grouped?: (expression: Expression) => number | undefined;
}

/** Turns an expression into a function. @throws QueryError when it names what does not exist. */
export function compileExpression(expression: Expression, environment: Environment): Evaluate {
  const grouped = environment.grouped?.(expression);
  if (grouped !== undefined) return ({ slots }) => slots[grouped];
  const compile = (inner: Expression): Evaluate => compileExpression(inner, environment);
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression;
      return () => value;
    }
    case 'parameter': {
      const { name } = expression;
      return ({ parameters }) => {
        if (!parameters.has(name)) throw new QueryError('SC9003', `The query parameter ${name} has no value.`);
        return parameters.get(name);
      };
    }
    case 'name': {
      const slot = environment.slotOf(expression.name);
      if (slot === undefined)
        throw new QueryError('SC2001', `Identifier '${expression.name}' could not be resolved.`, expression.at);
      return ({ slots }) => slots[slot];
    }
    case 'property':
      return compileProperty(compile(expression.of), expression.key, compile);
    case 'unary': {
      const [operator, operand] = [expression.operator, compile(expression.operand)];
      return (frame) => applyUnary(operator, operand(frame));
    }
    case 'and':
      return chain(expression.operands.map(compile), false, both);
    case 'or':
      return chain(expression.operands.map(compile), true, either);
    case 'binary': {
      const [left, right] = [compile(expression.left), compile(expression.right)];
      if (expression.operator === '??') {
        return (frame) => {
          const value = left(frame);
          return value === undefined ? right(frame) : value;
        };
      }
      const apply = binaryOperators[expression.operator];
      return (frame) => apply(left(frame), right(frame));
    }
    case 'conditional': {
      const [test, then, otherwise] = [
        compile(expression.test),
        compile(expression.then),
        compile(expression.otherwise),
      ];
      return (frame) => (test(frame) === true ? then(frame) : otherwise(frame));
    }
    case 'in':
      return compileIn(compile(expression.operand), expression.list.map(compile));
    case 'between': {
      const [operand, low, high] = [compile(expression.operand), compile(expression.low), compile(expression.high)];
      return (frame) => {
        const value = operand(frame);
        return both(binaryOperators['>='](value, low(frame)), binaryOperators['<='](value, high(frame)));
      };
    }
    case 'like':
      return compileLike(compile(expression.operand), compile(expression.pattern), expression.escape);
    case 'call':
      return compileCall(expression, environment);
    case 'udf':
      return compileUserFunction(expression.name, expression.parameters.map(compile));
    case 'object':
      return compileObject(expression.entries.map(([key, value]) => [key, compile(value)]));
    case 'list': {
      const items = expression.items.map(compile);
      return (frame) => items.map((item) => item(frame)).filter((item) => item !== undefined);
    }
    default:
      return compileSubquery(expression.kind, environment.subquery(expression.query));
  }
}

function compileProperty(of: Evaluate, key: Expression, compile: (inner: Expression) => Evaluate): Evaluate {
  if (key.kind === 'literal') {
    const { value } = key;
    return (frame) => property(of(frame), value);
  }
  const name = compile(key);
  return (frame) => property(of(frame), name(frame));
}

/** AND and OR from left to right, up to the operand that decides. */
function chain(operands: readonly Evaluate[], decisive: boolean, join: (a: Value, b: Value) => Value): Evaluate {
  return (frame) => {
    let result: Value = !decisive;
    for (const operand of operands) {
      const value = operand(frame);
      if (value === decisive) return decisive;
      result = join(result, value);
    }
    return result;
  };
}

/** As the same comparisons joined by OR. */
const compileIn =
  (operand: Evaluate, list: readonly Evaluate[]): Evaluate =>
  (frame) => {
    const value = operand(frame);
    let result: Value = false;
    for (const item of list) {
      result = either(result, equals(value, item(frame)));
      if (result === true) return true;
    }
    return result;
  };

function compileLike(operand: Evaluate, pattern: Evaluate, escapedBy: string | undefined): Evaluate {
  let known: { pattern: string; matches: (text: string) => boolean } | undefined;
  return (frame) => {
    const [value, wanted] = [operand(frame), pattern(frame)];
    if (typeof value !== 'string' || typeof wanted !== 'string') return undefined;
    if (known?.pattern !== wanted) known = { pattern: wanted, matches: likeMatcher(wanted, escapedBy) };
    return known.matches(value);
  };
}

function compileCall(call: Extract<Expression, { kind: 'call' }>, environment: Environment): Evaluate {
  if (isAggregateName(call.name)) {
    if (environment.aggregate === undefined)
      throw new QueryError('SC9003', `The aggregate ${call.name} cannot be used here.`, call.at);
    const slot = environment.aggregate(call);
    return ({ slots }) => slots[slot];
  }
  const { apply } = findBuiltin(call.name, call.parameters.length, call.at);
  const parameters = call.parameters.map((parameter) => compileExpression(parameter, environment));
  return (frame) =>
    apply(
      parameters.map((parameter) => parameter(frame)),
      frame,
    );
}

function compileUserFunction(name: string, parameters: readonly Evaluate[]): Evaluate {
  return (frame) => {
    if (frame.callUser === undefined) throw notSupported('User-defined functions here are');
    return frame.callUser(
      name,
      parameters.map((parameter) => parameter(frame)),
    );
  };
}

/** Entries whose value is undefined are left out. */
export function compileObject(entries: readonly (readonly [string, Evaluate])[]): Evaluate {
  return (frame) => {
    const made: [string, Json][] = [];
    for (const [key, value] of entries) {
      const result = value(frame);
      if (result !== undefined) made.push([key, result]);
    }
    return Object.fromEntries(made);
  };
}

function compileSubquery(kind: 'exists' | 'array' | 'scalar' | 'first' | 'last', results: Results): Evaluate {
  return (frame) => {
    if (kind === 'exists') return results(frame, () => true);
    const found: Json[] = [];
    results(frame, (value) => {
      if (value !== undefined) found.push(value);
      return kind === 'first' && found.length > 0;
    });
    if (kind === 'array') return found;
    return kind === 'last' ? found.at(-1) : found[0];
  };
}
