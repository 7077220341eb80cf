import { QueryError } from './query-error.ts';

export interface Token {
  readonly kind: 'word' | 'parameter' | 'string' | 'number' | 'symbol' | 'end';
  /** Of strings: their value. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const pattern =
  /\s+|--[^\n]*|\/\*[\s\S]*?\*\/|(?<number>0x[0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<word>[A-Za-z_][A-Za-z0-9_]*)|(?<parameter>@[A-Za-z_][A-Za-z0-9_]*)|(?<string>"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*')|(?<symbol>\?\?|\|\||<>|!=|<=|>=|<<|>>>|>>|[-+*/%&|^~=<>()[\]{},.:?!])/y;

/** Text of a query that the service accepts (`maxSqlQueryInputLength` of the account document). */
export const longestQuery = 262_144;

/** Cuts a query into tokens. @throws QueryError at the first character that is no part of the language. */
export function tokenize(sql: string): Token[] {
  if (sql.length > longestQuery) {
    throw new QueryError('SC9002', `The SQL query text exceeded the maximum limit of ${longestQuery} characters.`);
  }
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < sql.length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(sql);
    if (match === null) throw syntaxError(sql.slice(start, start + 1), { start, end: start + 1 });
    const end = pattern.lastIndex;
    const { word, parameter, string, number, symbol } = match.groups ?? {};
    if (word !== undefined) tokens.push({ kind: 'word', text: word, start, end });
    else if (parameter !== undefined) tokens.push({ kind: 'parameter', text: parameter, start, end });
    else if (string !== undefined) tokens.push({ kind: 'string', text: unquote(string), start, end });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, start, end });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol, start, end });
  }
  tokens.push({ kind: 'end', text: '', start: sql.length, end: sql.length });
  return tokens;
}

export const syntaxError = (near: string, location: { start: number; end: number }): QueryError =>
  new QueryError(
    'SC1001',
    near === ''
      ? 'Syntax error, unexpected end of the query.'
      : `Syntax error, incorrect syntax near '${near.slice(0, 50)}'.`,
    location,
  );

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

const unquote = (literal: string): string =>
  literal
    .slice(1, -1)
    .replace(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_, escaped: string) =>
      escaped.length === 5 ? String.fromCharCode(Number.parseInt(escaped.slice(1), 16)) : (escapes[escaped] ?? escaped),
    );
