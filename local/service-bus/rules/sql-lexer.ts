/** A piece of a rule's SQL text. */
export type Token =
  | { readonly kind: 'operator' | 'string' | 'name' | 'quoted name'; readonly text: string }
  | { readonly kind: 'number'; readonly value: bigint | number; readonly text: string };

/** A filter or action that is no Service Bus SQL. */
export class SqlSyntaxError extends Error {
  override readonly name = 'SqlSyntaxError';
}

const pattern =
  /\s*(?:(?<operator><>|!=|<=|>=|[=<>+\-*/%(),;.])|'(?<string>(?:[^']|'')*)'|\[(?<bracketed>(?:[^\]]|\]\])+)\]|"(?<quoted>(?:[^"]|"")+)"|(?<number>0x[0-9a-fA-F]+|(?:\d+\.\d*|\d+)(?:[eE][+-]?\d+)?)|(?<name>@?[\p{L}_][\p{L}\p{N}_$]*))/uy;

/** Splits SQL into tokens. @throws SqlSyntaxError naming the place that is none */
export function tokens(sql: string): Token[] {
  const found: Token[] = [];
  const end = sql.trimEnd().length;
  pattern.lastIndex = 0;
  while (pattern.lastIndex < end) {
    const start = pattern.lastIndex;
    const groups = pattern.exec(sql)?.groups;
    if (groups === undefined)
      throw new SqlSyntaxError(`Syntax error at position ${start}: "${sql.slice(start, start + 20)}".`);
    found.push(tokenOf(groups));
  }
  return found;
}

function tokenOf({ operator, string, bracketed, quoted, number, name }: Record<string, string | undefined>): Token {
  if (operator !== undefined) return { kind: 'operator', text: operator };
  if (string !== undefined) return { kind: 'string', text: string.replaceAll("''", "'") };
  if (bracketed !== undefined) return { kind: 'quoted name', text: bracketed.replaceAll(']]', ']') };
  if (quoted !== undefined) return { kind: 'quoted name', text: quoted.replaceAll('""', '"') };
  if (number !== undefined)
    return {
      kind: 'number',
      text: number,
      value: /^(0x[0-9a-f]+|\d+)$/i.test(number) ? BigInt(number) : Number(number),
    };
  return { kind: 'name', text: name ?? '' };
}
