import { isObject, type Json, kindOf } from '../../json.ts';
import type { Value } from '../frame.ts';
import { type Builtin, type Builtins, builtin, isWhole, ofStrings } from './builtin.ts';
import { regexMatch } from './regex-match.ts';

/** The most characters that REPLICATE gives (its documentation). */
const longestReplica = 10_000;

/** Text search with the optional third argument that ignores case. */
const search = (apply: (whole: string, part: string) => boolean): Builtin =>
  builtin(2, 3, (whole, part, ignoreCase) => {
    if (typeof whole !== 'string' || typeof part !== 'string') return undefined;
    if (ignoreCase === undefined || ignoreCase === false) return apply(whole, part);
    return ignoreCase === true ? apply(whole.toLowerCase(), part.toLowerCase()) : undefined;
  });

const containsMany = (quantifier: 'some' | 'every', fold: (text: string) => string): Builtin =>
  ofStrings(2, 255, (whole, ...parts) => parts[quantifier]((part) => fold(whole ?? '').includes(fold(part))));

/** JSON text of one type; anything else is undefined. */
const parsed = (kind: ReturnType<typeof kindOf>): Builtin =>
  ofStrings(1, 1, (text = '') => {
    try {
      const value: Json = JSON.parse(text);
      return kindOf(value) === kind ? value : undefined;
    } catch {
      return undefined;
    }
  });

const same = (text: string): string => text;
const lower = (text: string): string => text.toLowerCase();

/** Characters of `set` at both ends, or at one; without a set: white space. */
function trimmed(text: string, set: string | undefined, ends: { start: boolean; end: boolean }): string {
  const drop = (character: string): boolean => (set === undefined ? character.trim() === '' : set.includes(character));
  let [start, end] = [0, text.length];
  while (ends.start && start < end && drop(text.charAt(start))) start++;
  while (ends.end && end > start && drop(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function toText(value: Value): Value {
  if (value === undefined || typeof value === 'string') return value;
  return isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
}

/** https://learn.microsoft.com/azure/cosmos-db/nosql/query/system-functions#string-functions */
export const strings: Builtins = {
  CONCAT: ofStrings(2, 255, (...parts) => parts.join('')),
  CONTAINS: search((whole, part) => whole.includes(part)),
  CONTAINS_ALL_CI: containsMany('every', lower),
  CONTAINS_ALL_CS: containsMany('every', same),
  CONTAINS_ANY_CI: containsMany('some', lower),
  CONTAINS_ANY_CS: containsMany('some', same),
  ENDSWITH: search((whole, part) => whole.endsWith(part)),
  INDEX_OF: builtin(2, 3, (whole, part, start = 0) =>
    typeof whole === 'string' && typeof part === 'string' && isWhole(start) ? whole.indexOf(part, start) : undefined,
  ),
  LASTINDEXOF: ofStrings(2, 2, (whole = '', part = '') => whole.lastIndexOf(part)),
  LEFT: builtin(2, 2, (whole, count) =>
    typeof whole === 'string' && isWhole(count) ? whole.slice(0, Math.max(0, count)) : undefined,
  ),
  LENGTH: ofStrings(1, 1, (whole = '') => whole.length),
  LOWER: ofStrings(1, 1, (whole = '') => whole.toLowerCase()),
  LTRIM: ofStrings(1, 2, (whole = '', set) => trimmed(whole, set, { start: true, end: false })),
  REGEXMATCH: regexMatch,
  REPLACE: ofStrings(3, 3, (whole = '', from = '', to = '') => (from === '' ? whole : whole.split(from).join(to))),
  REPLICATE: builtin(2, 2, (text, times) => {
    if (typeof text !== 'string' || !isWhole(times) || times < 0) return undefined;
    return text.length * times > longestReplica ? undefined : text.repeat(times);
  }),
  REVERSE: ofStrings(1, 1, (whole = '') => [...whole].reverse().join('')),
  RIGHT: builtin(2, 2, (whole, count) =>
    typeof whole === 'string' && isWhole(count) ? (count <= 0 ? '' : whole.slice(-count)) : undefined,
  ),
  RTRIM: ofStrings(1, 2, (whole = '', set) => trimmed(whole, set, { start: false, end: true })),
  STARTSWITH: search((whole, part) => whole.startsWith(part)),
  STRINGEQUALS: search((whole, part) => whole === part),
  STRINGJOIN: builtin(2, 2, (list, separator) =>
    Array.isArray(list) && list.every((item) => typeof item === 'string') && typeof separator === 'string'
      ? list.join(separator)
      : undefined,
  ),
  STRINGSPLIT: ofStrings(2, 2, (whole = '', separator = '') => whole.split(separator)),
  STRINGTOARRAY: parsed('array'),
  STRINGTOBOOLEAN: parsed('boolean'),
  STRINGTONULL: parsed('null'),
  STRINGTONUMBER: parsed('number'),
  STRINGTOOBJECT: parsed('object'),
  SUBSTRING: builtin(3, 3, (whole, start, count) =>
    typeof whole === 'string' && isWhole(start) && isWhole(count)
      ? whole.slice(Math.max(0, start), Math.max(0, start) + Math.max(0, count))
      : undefined,
  ),
  TOSTRING: builtin(1, 1, toText),
  TRIM: ofStrings(1, 2, (whole = '', set) => trimmed(whole, set, { start: true, end: true })),
  UPPER: ofStrings(1, 1, (whole = '') => whole.toUpperCase()),
};
