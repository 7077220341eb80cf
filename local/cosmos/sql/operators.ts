import { compare, equal, isObject, kindOf } from '../json.ts';
import type { BinaryOperator, UnaryOperator } from './ast.ts';
import type { Value } from './frame.ts';

/** `of[key]`: a property of an object, an element of an array (whole numbers only), else undefined. */
export function property(of: Value, key: Value): Value {
  if (Array.isArray(of)) return typeof key === 'number' ? of[key] : undefined;
  return isObject(of) && typeof key === 'string' && Object.hasOwn(of, key) ? of[key] : undefined;
}

export function applyUnary(operator: UnaryOperator, value: Value): Value {
  if (operator === 'NOT') return typeof value === 'boolean' ? !value : undefined;
  if (typeof value !== 'number') return undefined;
  return operator === '-' ? -value : operator === '~' ? ~value : value;
}

/** Three-valued logic: false decides AND, true decides OR, whatever the other side is. */
export const both = (a: Value, b: Value): Value =>
  a === false || b === false ? false : a === true && b === true ? true : undefined;
export const either = (a: Value, b: Value): Value =>
  a === true || b === true ? true : a === false && b === false ? false : undefined;

/** `=`: undefined when either side is. */
export const equals = (a: Value, b: Value): Value => (a === undefined || b === undefined ? undefined : equal(a, b));

/** Every operator but `??`, which must not be worked out on both sides. */
export const binaryOperators: Readonly<Record<Exclude<BinaryOperator, '??'>, (a: Value, b: Value) => Value>> = {
  '=': equals,
  '!=': (a, b) => applyUnary('NOT', equals(a, b)),
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
  '||': (a, b) => (typeof a === 'string' && typeof b === 'string' ? a + b : undefined),
  '+': arithmetic((a, b) => a + b),
  '-': arithmetic((a, b) => a - b),
  '*': arithmetic((a, b) => a * b),
  '/': arithmetic((a, b) => a / b),
  '%': arithmetic((a, b) => a % b),
  '&': arithmetic((a, b) => a & b),
  '|': arithmetic((a, b) => a | b),
  '^': arithmetic((a, b) => a ^ b),
  '<<': arithmetic((a, b) => a << b),
  '>>': arithmetic((a, b) => a >> b),
  '>>>': arithmetic((a, b) => a >>> b),
};

/** Only booleans, numbers and strings have an order, each among themselves; anything else is undefined. */
function ordered(test: (order: number) => boolean): (a: Value, b: Value) => Value {
  return (a, b) => {
    if (a === undefined || typeof a === 'object' || kindOf(a) !== kindOf(b)) return undefined;
    return test(compare(a, b));
  };
}

/** Numbers only; what is no number in the end (1/0) is undefined (`sqlAllowNonFiniteNumbers` is false). */
function arithmetic(apply: (a: number, b: number) => number): (a: Value, b: Value) => Value {
  return (a, b) => {
    if (typeof a !== 'number' || typeof b !== 'number') return undefined;
    const result = apply(a, b);
    return Number.isFinite(result) ? result : undefined;
  };
}
