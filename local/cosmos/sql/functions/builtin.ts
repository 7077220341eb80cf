import { type Json, kindOf } from '../../json.ts';
import type { Frame, Value } from '../frame.ts';

/** A built-in function: how many arguments it takes and what it makes of them. */
export interface Builtin {
  readonly least: number;
  readonly most: number;
  readonly apply: (values: readonly Value[], frame: Frame) => Value;
}

export type Builtins = Readonly<Record<string, Builtin>>;

export const builtin = (least: number, most: number, apply: (...values: Value[]) => Value): Builtin => ({
  least,
  most,
  apply: (values) => apply(...values),
});

/** Of numbers; undefined when an argument is none, or when the result is not finite. */
export const ofNumbers = (least: number, most: number, apply: (...numbers: number[]) => number): Builtin => ({
  least,
  most,
  apply(values) {
    if (!values.every((value) => typeof value === 'number')) return undefined;
    const result = apply(...values);
    return Number.isFinite(result) ? result : undefined;
  },
});

/** Of strings; undefined when an argument is none. */
export const ofStrings = (least: number, most: number, apply: (...texts: string[]) => Value): Builtin => ({
  least,
  most,
  apply: (values) => (values.every((value) => typeof value === 'string') ? apply(...values) : undefined),
});

/** Of arrays; undefined when an argument is none. */
export const ofArrays = (least: number, most: number, apply: (...lists: Json[][]) => Value): Builtin => ({
  least,
  most,
  apply: (values) => (values.every((value) => Array.isArray(value)) ? apply(...values) : undefined),
});

/** Whether a value is of one of these types. */
export const isOf = (...kinds: ReturnType<typeof kindOf>[]): Builtin =>
  builtin(1, 1, (value) => kinds.includes(kindOf(value)));

export const isWhole = (value: Value): value is number => Number.isInteger(value);
