type Piece = { readonly kind: 'any' } | { readonly kind: 'one'; readonly matches: (character: string) => boolean };

/**
 * LIKE: `%` any text, `_` one character, `[a-f]` and `[^a-f]` one of a set, `escapedBy` before a character that means itself
 * (https://learn.microsoft.com/azure/cosmos-db/nosql/query/like). Linear in pattern times text: it never backtracks
 * beyond the last `%`.
 */
export function likeMatcher(pattern: string, escapedBy: string | undefined): (text: string) => boolean {
  const pieces = read([...pattern], escapedBy);
  return (text) => matches(pieces, [...text]);
}

function read(characters: readonly string[], escapedBy: string | undefined): Piece[] {
  const pieces: Piece[] = [];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? '';
    const close = character === '[' ? characters.indexOf(']', i + 1) : -1;
    if (character === escapedBy && i + 1 < characters.length) pieces.push(literal(characters[++i] ?? ''));
    else if (character === '%') pieces.push({ kind: 'any' });
    else if (character === '_') pieces.push({ kind: 'one', matches: () => true });
    else if (close > i + 1) {
      pieces.push(set(characters.slice(i + 1, close)));
      i = close;
    } else pieces.push(literal(character));
  }
  return pieces;
}

const literal = (wanted: string): Piece => ({ kind: 'one', matches: (character) => character === wanted });

function set(members: readonly string[]): Piece {
  const negated = members[0] === '^';
  const list = negated ? members.slice(1) : members;
  const within = (character: string): boolean =>
    list.some((member, i) =>
      member === '-' && i > 0 && i + 1 < list.length
        ? character >= (list[i - 1] ?? '') && character <= (list[i + 1] ?? '')
        : character === member,
    );
  return { kind: 'one', matches: (character) => within(character) !== negated };
}

function matches(pieces: readonly Piece[], text: readonly string[]): boolean {
  let [piece, at] = [0, 0];
  // Where to go on when what follows the last `%` does not fit: it takes one character more.
  let retry: { piece: number; at: number } | undefined;
  while (at < text.length) {
    const wanted = pieces[piece];
    if (wanted?.kind === 'any') {
      piece++;
      retry = { piece, at };
    } else if (wanted?.matches(text[at] ?? '') === true) {
      piece++;
      at++;
    } else if (retry !== undefined) {
      retry = { piece: retry.piece, at: retry.at + 1 };
      piece = retry.piece;
      at = retry.at;
    } else return false;
  }
  return pieces.slice(piece).every(({ kind }) => kind === 'any');
}
