import { fold, type SearchEntry } from './search-entry.ts';

/** Birth dates identify people: they are hashed terms of year, month and day, never plain numbers. */
const hashedDates = new Set(['birthdate', 'death-date']);
/** Prefixes of strings up to this length are terms; longer searches narrow by their beginning. */
export const longestPrefix = 6;
/** Strings are terms for people only; elsewhere the matcher is enough. */
const stringTypes = new Set(['Patient', 'Practitioner', 'RelatedPerson', 'Person']);

/** What the index knows a resource by, in clear: the record hashes each before it leaves the process. */
export function indexTerms(type: string, entries: readonly SearchEntry[]): string[] {
  const terms = new Set<string>();
  for (const entry of entries) {
    for (const value of termValues(type, entry)) terms.add(`${type}|${entry.p}|${value}`);
  }
  return [...terms];
}

function termValues(type: string, entry: SearchEntry): string[] {
  switch (entry.kind) {
    case 'token':
      return entry.code === undefined ? [] : tokenTerms(entry.system, entry.code);
    case 'reference':
      return [
        ...(entry.target === undefined ? [] : [withoutVersion(entry.target)]),
        ...(entry.identifier === undefined ? [] : tokenTerms(entry.identifier.system, entry.identifier.code)),
      ];
    case 'uri':
      return [entry.value];
    case 'string':
      return stringTypes.has(type) ? prefixes(fold(entry.value)) : [];
    case 'date':
      return hashedDates.has(entry.p) ? datePrefixes(entry.text) : [];
    case 'number':
    case 'quantity':
    case 'position':
      return [];
  }
}

/** With the system where the search names one, `*` where it does not. */
export const tokenTerm = (system: string | undefined, code: string): string => `${system ?? '*'}|${code}`;

const tokenTerms = (system: string | undefined, code: string): string[] => [
  tokenTerm(undefined, code),
  ...(system === undefined ? [] : [tokenTerm(system, code)]),
];

/** A canonical address is found with and without its version: by the address. */
export const withoutVersion = (target: string): string =>
  /^[a-z]/.test(target) ? (target.split('|')[0] ?? target) : target;

const prefixes = (text: string): string[] =>
  text
    .split(/\s+/)
    .concat(text)
    .flatMap((word) =>
      Array.from({ length: Math.min(word.length, longestPrefix) }, (_, i) => word.slice(0, i + 1)).filter(
        (part) => part.length >= 2,
      ),
    );

/** `1950-02-03` as `1950`, `1950-02`, `1950-02-03`. */
const datePrefixes = (text: string): string[] =>
  [4, 7, 10].map((length) => text.slice(0, length)).filter((part, i) => part.length === [4, 7, 10][i]);

/** Whether strings of a type are terms. */
export const hasStringTerms = (type: string): boolean => stringTypes.has(type);

/** Whether dates of a parameter are terms. */
export const isHashedDate = (p: string): boolean => hashedDates.has(p);

/** Dates as numbers for range conditions. */
export const indexDates = (entries: readonly SearchEntry[]): { p: string; from: number; to: number }[] =>
  entries.flatMap((entry) =>
    entry.kind === 'date' && !hashedDates.has(entry.p) ? [{ p: entry.p, from: entry.from, to: entry.to }] : [],
  );
