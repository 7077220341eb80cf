import { setFlagsFromString } from 'node:v8';
import { QueryError } from '../query-error.ts';
import { type Builtin, builtin } from './builtin.ts';

// A pattern that backtracks without end goes over to V8's linear engine: a query must not stop the server.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

const compiled = new Map<string, RegExp>();
const mostCompiled = 100;
const longestPattern = 1_000;

/** REGEXMATCH(text, pattern, modifiers `m`, `s`, `i`, `x`). @throws QueryError when the pattern is none. */
export const regexMatch: Builtin = builtin(2, 3, (whole, pattern, modifiers = '') => {
  if (typeof whole !== 'string' || typeof pattern !== 'string' || typeof modifiers !== 'string') return undefined;
  return expression(pattern, modifiers).test(whole);
});

function expression(pattern: string, modifiers: string): RegExp {
  const key = `${modifiers}/${pattern}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  if (!/^[msix]*$/.test(modifiers) || pattern.length > longestPattern) {
    throw new QueryError(
      'SC9003',
      `REGEXMATCH takes a pattern of at most ${longestPattern} characters and the modifiers m, s, i and x.`,
    );
  }
  const flags = [...new Set(modifiers.replaceAll('x', ''))].join('');
  const source = modifiers.includes('x') ? pattern.replace(/(\\[\s\S])|\s+/g, '$1') : pattern;
  try {
    const made = new RegExp(source, flags);
    if (compiled.size >= mostCompiled) compiled.clear();
    compiled.set(key, made);
    return made;
  } catch {
    throw new QueryError('SC9003', 'The pattern of REGEXMATCH is not a regular expression.');
  }
}
