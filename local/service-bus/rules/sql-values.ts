import { type Scalar, Uuid } from '../amqp/scalar.ts';

/** A filter that cannot be evaluated for a message, e.g. arithmetic on text. */
export class FilterEvaluationError extends Error {
  override readonly name = 'FilterEvaluationError';
}

/** True, false, or unknown (null): SQL's three-valued logic. */
export type Truth = boolean | null;

export const not = (a: Truth): Truth => (a === null ? null : !a);
export const and = (a: Truth, b: Truth): Truth =>
  a === false || b === false ? false : a === null || b === null ? null : true;
export const or = (a: Truth, b: Truth): Truth =>
  a === true || b === true ? true : a === null || b === null ? null : false;

/** Values that can be put in an order; undefined when the two are of kinds that cannot be compared. */
function order(a: Scalar, b: Scalar): number | undefined {
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  if (a instanceof Uuid && b instanceof Uuid) return a.text === b.text ? 0 : a.text < b.text ? -1 : 1;
  const numeric = (value: Scalar): boolean => typeof value === 'bigint' || typeof value === 'number';
  if (!(numeric(a) && numeric(b)) && typeof a !== typeof b) return undefined;
  if (typeof a === 'object' || typeof b === 'object') return undefined;
  // == compares a bigint and a number by their value.
  // biome-ignore lint/suspicious/noDoubleEquals: an int and a double of one value are equal in SQL
  return a == b ? 0 : a < b ? -1 : 1;
}

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (o) => o === 0,
  '<>': (o) => o !== 0,
  '!=': (o) => o !== 0,
  '<': (o) => o < 0,
  '<=': (o) => o <= 0,
  '>': (o) => o > 0,
  '>=': (o) => o >= 0,
};
export const comparisonOperators = Object.keys(comparisons);

/** Values of different kinds are not equal; whether one is larger is unknown. */
export function compare(operator: string, a: Scalar | undefined, b: Scalar | undefined): Truth {
  if (a == null || b == null) return null;
  const found = order(a, b);
  if (found === undefined) return operator === '=' ? false : operator === '<>' || operator === '!=' ? true : null;
  return comparisons[operator]?.(found) ?? null;
}

/** Arithmetic; `+` also joins texts. Whole numbers stay whole (64 bits). @throws FilterEvaluationError */
export function calculate(operator: string, a: Scalar | undefined, b: Scalar | undefined): Scalar {
  if (a == null || b == null) return null;
  if (operator === '+' && typeof a === 'string' && typeof b === 'string') return a + b;
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (b === 0n && (operator === '/' || operator === '%')) throw new FilterEvaluationError('Division by zero.');
    return BigInt.asIntN(64, whole(operator, a, b));
  }
  if ((typeof a !== 'bigint' && typeof a !== 'number') || (typeof b !== 'bigint' && typeof b !== 'number'))
    throw new FilterEvaluationError(`"${operator}" needs two numbers.`);
  return fractional(operator, Number(a), Number(b));
}

function whole(operator: string, a: bigint, b: bigint): bigint {
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  if (operator === '*') return a * b;
  return operator === '/' ? a / b : a % b;
}

function fractional(operator: string, a: number, b: number): number {
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  if (operator === '*') return a * b;
  return operator === '/' ? a / b : a % b;
}
