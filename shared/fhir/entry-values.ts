import { dateRange } from './date-range.ts';
import type { SearchEntry } from './search-entry.ts';
import type { ParameterType } from './search-parameters.ts';

type WithoutParameter<T> = T extends unknown ? Omit<T, 'p'> : never;
/** A search entry before it is known which parameter found it. */
export type EntryValue = WithoutParameter<SearchEntry>;

/** Epoch milliseconds as far as JavaScript's dates go: an open end sorts right everywhere. */
const farthest = 8.64e15;

/** What a value of a resource is found by as a parameter of a type; a value of another kind is found by nothing. */
export function toEntries(type: ParameterType, value: unknown): EntryValue[] {
  switch (type) {
    case 'token':
      return tokens(value).map((token) => ({ kind: 'token', ...token }));
    case 'reference': {
      const reference = typeof value === 'string' ? value : textIn(value, 'reference');
      return reference === undefined ? [] : [{ kind: 'reference', target: referenceTarget(reference) }];
    }
    case 'string':
      return strings(value).map((text) => ({ kind: 'string', value: text }));
    case 'date':
      return dates(value).map((date) => ({ kind: 'date', ...date }));
    case 'uri':
      return typeof value === 'string' ? [{ kind: 'uri', value }] : [];
    case 'number':
      return numbers(value).map((number) => ({ kind: 'number', value: number }));
    case 'quantity':
      return quantities(value);
  }
}

/** `Type/id` without server address and version. */
export const referenceTarget = (reference: string): string =>
  /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/.exec(reference)?.[1] ?? reference;

const fieldIn = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
const textIn = (value: unknown, name: string): string | undefined => {
  const found = fieldIn(value, name);
  return typeof found === 'string' ? found : undefined;
};
const numberIn = (value: unknown, name: string): number | undefined => {
  const found = fieldIn(value, name);
  return typeof found === 'number' ? found : undefined;
};
const listIn = (value: unknown, name: string): unknown[] => {
  const found = fieldIn(value, name);
  return Array.isArray(found) ? found : [];
};
const optional = (name: 'system' | 'code' | 'unit', value: unknown): { [key in typeof name]?: string } => {
  const text = textIn(value, name);
  return text === undefined ? {} : { [name]: text };
};

/** code, Coding, CodeableConcept, Identifier, ContactPoint, boolean. */
function tokens(value: unknown): { system?: string; code?: string }[] {
  if (typeof value === 'string' || typeof value === 'boolean') return [{ code: String(value) }];
  const codings = listIn(value, 'coding');
  if (codings.length > 0) return codings.flatMap(tokens);
  const code = textIn(value, 'code') ?? textIn(value, 'value');
  const system = optional('system', value);
  return code === undefined && system.system === undefined
    ? []
    : [{ ...system, ...(code === undefined ? {} : { code }) }];
}

/** string, HumanName, Address. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  const simple = ['text', 'family', 'city', 'district', 'state', 'postalCode', 'country'].flatMap(
    (name) => textIn(value, name) ?? [],
  );
  const lists = ['given', 'prefix', 'suffix', 'line'].flatMap((name) =>
    listIn(value, name).filter((item) => typeof item === 'string'),
  );
  return [...simple, ...lists];
}

/** date, dateTime, instant, Period, Timing. */
function dates(value: unknown): { from: number; to: number; text: string }[] {
  if (typeof value === 'string') {
    const range = dateRange(value);
    return range === undefined ? [] : [{ ...range, text: value }];
  }
  const events = listIn(value, 'event');
  if (events.length > 0) return events.flatMap(dates);
  const [start, end] = [textIn(value, 'start'), textIn(value, 'end')];
  if (start === undefined && end === undefined) return dates(fieldIn(fieldIn(value, 'repeat'), 'boundsPeriod') ?? '');
  const from = start === undefined ? -farthest : (dateRange(start)?.from ?? -farthest);
  const to = end === undefined ? farthest : (dateRange(end)?.to ?? farthest);
  return [{ from, to, text: start ?? end ?? '' }];
}

/** decimal, integer, Range. */
function numbers(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return [fieldIn(value, 'low'), fieldIn(value, 'high')].flatMap((end) => numberIn(end, 'value') ?? []);
}

/** Quantity, Money, Range. */
function quantities(value: unknown): EntryValue[] {
  const amount = numberIn(value, 'value');
  if (amount === undefined)
    return [fieldIn(value, 'low'), fieldIn(value, 'high')].flatMap((end) => (end ? quantities(end) : []));
  const currency = textIn(value, 'currency');
  return [
    {
      kind: 'quantity',
      value: amount,
      ...optional('system', value),
      ...optional('code', value),
      ...optional('unit', value),
      ...(currency === undefined ? {} : { code: currency }),
    },
  ];
}
