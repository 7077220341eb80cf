import type { Value } from '../frame.ts';
import { type Builtin, type Builtins, builtin, isWhole, ofNumbers } from './builtin.ts';

/** On 64-bit integers, as the service's Int functions work; undefined for anything that is no whole number. */
const ofIntegers = (count: 1 | 2, apply: (a: bigint, b: bigint) => bigint | undefined): Builtin =>
  builtin(count, count, (a: Value, b: Value = 0) => {
    if (!isWhole(a) || !isWhole(b)) return undefined;
    const result = apply(BigInt.asIntN(64, BigInt(a)), BigInt.asIntN(64, BigInt(b)));
    return result === undefined ? undefined : Number(BigInt.asIntN(64, result));
  });

/** Away from zero at the half. */
const round = (value: number): number => Math.sign(value) * Math.round(Math.abs(value));

/** https://learn.microsoft.com/azure/cosmos-db/nosql/query/system-functions#mathematical-functions */
export const numbers: Builtins = {
  ABS: ofNumbers(1, 1, Math.abs),
  ACOS: ofNumbers(1, 1, Math.acos),
  ASIN: ofNumbers(1, 1, Math.asin),
  ATAN: ofNumbers(1, 1, Math.atan),
  ATN2: ofNumbers(2, 2, Math.atan2),
  CEILING: ofNumbers(1, 1, Math.ceil),
  COS: ofNumbers(1, 1, Math.cos),
  COT: ofNumbers(1, 1, (angle = 0) => 1 / Math.tan(angle)),
  DEGREES: ofNumbers(1, 1, (radians = 0) => (radians * 180) / Math.PI),
  EXP: ofNumbers(1, 1, Math.exp),
  FLOOR: ofNumbers(1, 1, Math.floor),
  INTADD: ofIntegers(2, (a, b) => a + b),
  INTBITAND: ofIntegers(2, (a, b) => a & b),
  INTBITLEFTSHIFT: ofIntegers(2, (a, b) => (b < 0n || b > 63n ? undefined : a << b)),
  INTBITNOT: ofIntegers(1, (a) => ~a),
  INTBITOR: ofIntegers(2, (a, b) => a | b),
  INTBITRIGHTSHIFT: ofIntegers(2, (a, b) => (b < 0n || b > 63n ? undefined : a >> b)),
  INTBITXOR: ofIntegers(2, (a, b) => a ^ b),
  INTDIV: ofIntegers(2, (a, b) => (b === 0n ? undefined : a / b)),
  INTMOD: ofIntegers(2, (a, b) => (b === 0n ? undefined : a % b)),
  INTMUL: ofIntegers(2, (a, b) => a * b),
  INTSUB: ofIntegers(2, (a, b) => a - b),
  LOG: ofNumbers(1, 2, (value = 0, base) => (base === undefined ? Math.log(value) : Math.log(value) / Math.log(base))),
  LOG10: ofNumbers(1, 1, Math.log10),
  NUMBERBIN: ofNumbers(1, 2, (value = 0, size = 1) => Math.floor(value / size) * size),
  PI: ofNumbers(0, 0, () => Math.PI),
  POWER: ofNumbers(2, 2, (base = 0, exponent = 0) => base ** exponent),
  RADIANS: ofNumbers(1, 1, (degrees = 0) => (degrees * Math.PI) / 180),
  RAND: { least: 0, most: 0, apply: (_, { random }) => random() },
  ROUND: ofNumbers(1, 2, (value = 0, digits = 0) => round(value * 10 ** digits) / 10 ** digits),
  SIGN: ofNumbers(1, 1, Math.sign),
  SIN: ofNumbers(1, 1, Math.sin),
  SQRT: ofNumbers(1, 1, Math.sqrt),
  SQUARE: ofNumbers(1, 1, (value = 0) => value * value),
  TAN: ofNumbers(1, 1, Math.tan),
  TRUNC: ofNumbers(1, 1, Math.trunc),
};
