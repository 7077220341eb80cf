import { dateRange } from '../date-range.ts';
import type { SearchEntry, TokenEntry } from './search-entry.ts';
import type { PlainType } from './search-parameters.ts';

type WithoutParameter<T> = T extends unknown ? Omit<T, 'p'> : never;
/** A search entry before it is known which parameter found it. */
export type EntryValue = WithoutParameter<SearchEntry>;

/** Epoch milliseconds as far as JavaScript's dates go: an open end sorts right everywhere. */
const farthest = 8.64e15;
/** An open end of a Range; JSON knows no infinity. */
const largest = Number.MAX_VALUE;

/** What a value of a resource is found by as a parameter of a type; a value of another kind is found by nothing. */
export function toEntries(type: PlainType, value: unknown): EntryValue[] {
  switch (type) {
    case 'token':
      return tokens(value).map((token) => ({ kind: 'token', ...token }));
    case 'reference':
      return references(value);
    case 'string':
      return strings(value).map((text) => ({ kind: 'string', value: text }));
    case 'date':
      return dates(value).map((date) => ({ kind: 'date', ...date }));
    case 'uri':
      return typeof value === 'string' ? [{ kind: 'uri', value }] : [];
    case 'number':
      return typeof value === 'number'
        ? [{ kind: 'number', low: value, high: value }]
        : rangeOf(value).map(({ low, high }) => ({ kind: 'number', low, high }));
    case 'quantity':
      return quantities(value);
    case 'special':
      return positions(value);
  }
}

const versioned = /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/([^/]+))?$/;

/** `Type/id` without server address and version, and the version. */
export function splitReference(reference: string): { target: string; version?: string } {
  const [, target = reference, version] = versioned.exec(reference) ?? [];
  return { target, ...(version === undefined ? {} : { version }) };
}

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
const optional = <K extends string>(name: K, value: string | undefined): { readonly [key in K]?: string } =>
  value === undefined ? {} : ({ [name]: value } as { [key in K]: string });

type Token = Omit<TokenEntry, 'p' | 'kind'>;
/** ContactPoint.system; every other kind of token has an address there. */
const contactSystems = new Set(['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other']);

/** code, Coding, CodeableConcept, Identifier, ContactPoint, boolean (http://hl7.org/fhir/R4/search.html#token). */
function tokens(value: unknown): Token[] {
  if (typeof value === 'string' || typeof value === 'boolean') return [{ code: String(value) }];
  const text = textIn(value, 'text');
  const codings = listIn(value, 'coding');
  if (codings.length > 0 || text !== undefined)
    return [...codings.flatMap(tokens), ...(text === undefined ? [] : [{ text }])];
  const system = textIn(value, 'system');
  const code = textIn(value, 'code') ?? textIn(value, 'value');
  const shown = textIn(value, 'display') ?? textIn(fieldIn(value, 'type'), 'text');
  if (code === undefined && system === undefined && shown === undefined) return [];
  const ofType = listIn(fieldIn(value, 'type'), 'coding').flatMap((coding) => {
    const type = textIn(coding, 'code');
    return type === undefined ? [] : [{ ...optional('system', textIn(coding, 'system')), code: type }];
  });
  return [
    {
      // Of a ContactPoint the use takes the place of the system.
      ...optional('system', system !== undefined && contactSystems.has(system) ? textIn(value, 'use') : system),
      ...optional('code', code),
      ...optional('text', shown),
      ...(ofType.length === 0 ? {} : { ofType }),
    },
  ];
}

/** Reference, canonical, uri: the latter two stay as they are, they may look like a resource's address. */
function references(value: unknown): EntryValue[] {
  if (typeof value === 'string') return [{ kind: 'reference', target: value }];
  const reference = textIn(value, 'reference');
  const identifier = fieldIn(value, 'identifier');
  const code = textIn(identifier, 'value');
  if (reference === undefined && code === undefined) return [];
  return [
    {
      kind: 'reference',
      ...(reference === undefined ? {} : splitReference(reference)),
      ...(code === undefined ? {} : { identifier: { ...optional('system', textIn(identifier, 'system')), code } }),
    },
  ];
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

/** A Range; one end may be open. */
function rangeOf(value: unknown): { low: number; high: number; of: unknown }[] {
  const [low, high] = [fieldIn(value, 'low'), fieldIn(value, 'high')];
  const [from, to] = [numberIn(low, 'value'), numberIn(high, 'value')];
  if (from === undefined && to === undefined) return [];
  return [{ low: from ?? -largest, high: to ?? largest, of: low ?? high }];
}

/** Quantity (a comparator opens its other end), Money, Range. */
function quantities(value: unknown): EntryValue[] {
  const amount = numberIn(value, 'value');
  const [span] = amount === undefined ? rangeOf(value) : [{ ...compared(amount, value), of: value }];
  if (span === undefined) return [];
  return [
    {
      kind: 'quantity',
      low: span.low,
      high: span.high,
      ...optional('system', textIn(span.of, 'system')),
      ...optional('code', textIn(span.of, 'code') ?? textIn(span.of, 'currency')),
      ...optional('unit', textIn(span.of, 'unit')),
    },
  ];
}

function compared(amount: number, value: unknown): { low: number; high: number } {
  const comparator = textIn(value, 'comparator') ?? '';
  return {
    low: comparator.startsWith('<') ? -largest : amount,
    high: comparator.startsWith('>') ? largest : amount,
  };
}

/** Location.position. */
function positions(value: unknown): EntryValue[] {
  const [latitude, longitude] = [numberIn(value, 'latitude'), numberIn(value, 'longitude')];
  return latitude === undefined || longitude === undefined ? [] : [{ kind: 'position', latitude, longitude }];
}
