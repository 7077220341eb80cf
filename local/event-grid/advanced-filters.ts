import { invalidSubscription } from './errors.ts';
import type { EventBody } from './events.ts';

/** One advanced filter: the event's value at `key`, compared with one or several values. */
export interface AdvancedFilter {
  readonly operator: Operator;
  readonly key: string;
  readonly values: readonly unknown[];
}

type Compare = (value: unknown, operand: unknown) => boolean;
type Operand = 'number' | 'string' | 'boolean' | 'range' | 'none';

interface Rule {
  readonly operand: Operand;
  /** `value`: exactly one; `values`: 1 to 25. */
  readonly member: 'value' | 'values' | 'none';
  readonly compare: Compare;
  /** A negated operator matches when no operand compares, so also when the key is missing. */
  readonly negated?: true;
}

const number =
  (compare: (a: number, b: number) => boolean): Compare =>
  (value, operand) =>
    typeof value === 'number' && compare(value, operand as number);
/** Strings are compared without regard to case (https://learn.microsoft.com/azure/event-grid/event-filtering#string-operators). */
const text =
  (compare: (a: string, b: string) => boolean): Compare =>
  (value, operand) =>
    typeof value === 'string' && compare(value.toLowerCase(), (operand as string).toLowerCase());
const within: Compare = (value, range) => {
  const [from, to] = range as [number, number];
  return typeof value === 'number' && value >= from && value <= to;
};
const isAbsent: Compare = (value) => value === undefined || value === null;

/** https://learn.microsoft.com/azure/event-grid/event-filtering#advanced-filtering */
const rules = {
  NumberIn: { operand: 'number', member: 'values', compare: number((a, b) => a === b) },
  NumberNotIn: { operand: 'number', member: 'values', compare: number((a, b) => a === b), negated: true },
  NumberLessThan: { operand: 'number', member: 'value', compare: number((a, b) => a < b) },
  NumberGreaterThan: { operand: 'number', member: 'value', compare: number((a, b) => a > b) },
  NumberLessThanOrEquals: { operand: 'number', member: 'value', compare: number((a, b) => a <= b) },
  NumberGreaterThanOrEquals: { operand: 'number', member: 'value', compare: number((a, b) => a >= b) },
  NumberInRange: { operand: 'range', member: 'values', compare: within },
  NumberNotInRange: { operand: 'range', member: 'values', compare: within, negated: true },
  BoolEquals: { operand: 'boolean', member: 'value', compare: (value, operand) => value === operand },
  StringIn: { operand: 'string', member: 'values', compare: text((a, b) => a === b) },
  StringNotIn: { operand: 'string', member: 'values', compare: text((a, b) => a === b), negated: true },
  StringContains: { operand: 'string', member: 'values', compare: text((a, b) => a.includes(b)) },
  StringNotContains: { operand: 'string', member: 'values', compare: text((a, b) => a.includes(b)), negated: true },
  StringBeginsWith: { operand: 'string', member: 'values', compare: text((a, b) => a.startsWith(b)) },
  StringNotBeginsWith: { operand: 'string', member: 'values', compare: text((a, b) => a.startsWith(b)), negated: true },
  StringEndsWith: { operand: 'string', member: 'values', compare: text((a, b) => a.endsWith(b)) },
  StringNotEndsWith: { operand: 'string', member: 'values', compare: text((a, b) => a.endsWith(b)), negated: true },
  IsNullOrUndefined: { operand: 'none', member: 'none', compare: isAbsent },
  IsNotNull: { operand: 'none', member: 'none', compare: isAbsent, negated: true },
} as const satisfies Record<string, Rule>;

export type Operator = keyof typeof rules;
export const operators = Object.keys(rules) as Operator[];

/** Documented limits: filters and values of one subscription, characters of a string. */
const maximumFilters = 25;
const maximumValues = 25;
const maximumText = 512;

/**
 * Whether an event passes one advanced filter.
 * @param onArrays the subscription's `enableAdvancedFilteringOnArrays`: an array matches by any of its elements.
 */
export function passes(event: EventBody, { operator, key, values }: AdvancedFilter, onArrays: boolean): boolean {
  const rule: Rule = rules[operator];
  const found = valueAt(event, key);
  const candidates = Array.isArray(found) && onArrays ? found : [Array.isArray(found) ? undefined : found];
  const operands = rule.member === 'none' ? [undefined] : values;
  const any =
    rule.operand === 'none' && Array.isArray(found)
      ? false
      : candidates.some((candidate) => operands.some((operand) => rule.compare(candidate, operand)));
  return rule.negated === true ? !any : any;
}

/** CloudEvents' id and type also answer to the names that Event Grid gave them first. */
const aliases: Readonly<Record<string, string>> = { eventid: 'id', eventtype: 'type' };

/** The value at a dotted key such as `data.ward`, names compared without regard to case. */
function valueAt(event: EventBody, key: string): unknown {
  const path = key.split('.');
  const isCloudEvent = event['specversion'] !== undefined;
  return path.reduce<unknown>((at, name, depth) => {
    if (typeof at !== 'object' || at === null || Array.isArray(at)) return undefined;
    const lower = name.toLowerCase();
    const wanted = depth === 0 && isCloudEvent ? (aliases[lower] ?? lower) : lower;
    const actual = Object.hasOwn(at, name) ? name : Object.keys(at).find((one) => one.toLowerCase() === wanted);
    return actual === undefined ? undefined : Reflect.get(at, actual);
  }, event);
}

/** Reads `filter.advancedFilters` of a subscription. @throws EventGridError 400 that names the filter that is wrong. */
export function readAdvancedFilters(given: unknown): AdvancedFilter[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw invalidSubscription('advancedFilters must be an array.');
  if (given.length > maximumFilters)
    throw invalidSubscription(`A subscription has at most ${maximumFilters} advanced filters.`);
  const filters = given.map((one, index) => readOne(one, `advancedFilters[${index}]`));
  const count = filters.reduce((sum, { values }) => sum + values.length, 0);
  if (count > maximumValues)
    throw invalidSubscription(`A subscription's advanced filters have at most ${maximumValues} values in all.`);
  return filters;
}

function readOne(given: unknown, at: string): AdvancedFilter {
  const { operatorType, key, value, values } = (given ?? {}) as Readonly<Record<string, unknown>>;
  const operator = operators.find((name) => name === operatorType);
  if (operator === undefined)
    throw invalidSubscription(`${at}.operatorType "${operatorType}" is unknown. There are: ${operators.join(', ')}.`);
  if (typeof key !== 'string' || key === '') throw invalidSubscription(`${at}.key must name a field of the event.`);
  const { operand, member }: Rule = rules[operator];
  if (member === 'none') return { operator, key, values: [] };
  const operands = member === 'value' ? [value] : values;
  if (!Array.isArray(operands) || operands.length === 0) throw invalidSubscription(`${at}.${member} is missing.`);
  const wrong = operands.find((one) => !isOperand(one, operand));
  if (wrong !== undefined || operands.includes(undefined))
    throw invalidSubscription(`${at}.${member} takes ${expectations[operand]}.`);
  return { operator, key, values: operands };
}

const expectations: Readonly<Record<Operand, string>> = {
  number: 'numbers',
  string: `texts of 1 to ${maximumText} characters`,
  boolean: 'true or false',
  range: 'pairs of numbers, the smaller first',
  none: 'nothing',
};

function isOperand(value: unknown, operand: Operand): boolean {
  if (operand !== 'range') return typeof value === operand && (typeof value !== 'string' || isShort(value));
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((one) => typeof one === 'number') &&
    Number(value[0]) <= Number(value[1])
  );
}

const isShort = (value: string): boolean => value.length > 0 && value.length <= maximumText;
