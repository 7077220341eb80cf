import { badRequest } from '../errors.ts';

export interface Token {
  readonly kind: 'word' | 'parameter' | 'string' | 'number' | 'symbol' | 'end';
  readonly text: string;
  readonly position: number;
}

const pattern =
  /\s+|--[^\n]*|(?<word>[A-Za-z_][A-Za-z0-9_]*)|(?<parameter>@[A-Za-z_][A-Za-z0-9_]*)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<symbol>\?\?|\|\||<>|!=|<=|>=|<<|>>>|>>|[-+*/%&|^~=<>()[\]{},.:?])/y;

/** Cuts a query into tokens. @throws CosmosError 400 at the first character that is no part of the language. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < sql.length) {
    const position = pattern.lastIndex;
    const match = pattern.exec(sql);
    if (match === null) throw badRequest(`Syntax error near '${sql.slice(position, position + 10)}' at ${position}.`);
    const { word, parameter, string, number, symbol } = match.groups ?? {};
    if (word !== undefined) tokens.push({ kind: 'word', text: word, position });
    else if (parameter !== undefined) tokens.push({ kind: 'parameter', text: parameter, position });
    else if (string !== undefined) tokens.push({ kind: 'string', text: unquote(string), position });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, position });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol, position });
  }
  tokens.push({ kind: 'end', text: '', position: sql.length });
  return tokens;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

const unquote = (literal: string): string =>
  literal
    .slice(1, -1)
    .replace(/\\(u[0-9a-fA-F]{4}|.)/g, (_, escaped: string) =>
      escaped.length === 5 ? String.fromCharCode(Number.parseInt(escaped.slice(1), 16)) : (escapes[escaped] ?? escaped),
    );
