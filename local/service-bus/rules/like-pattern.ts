/**
 * LIKE of Service Bus SQL: `%` is any text, `_` one character; an escape character makes the next one plain.
 * Matched without a regular expression, so that no pattern can make it slow.
 */
export function isLike(text: string, pattern: string, sign: string | undefined): boolean {
  const parts: ({ readonly any: true } | { readonly one: string | undefined })[] = [];
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i];
    if (sign !== undefined && character === sign) parts.push({ one: characters[++i] ?? '' });
    else if (character === '%') parts.push({ any: true });
    else parts.push({ one: character === '_' ? undefined : character });
  }
  const letters = [...text];
  let part = 0;
  let letter = 0;
  let lastAny = -1;
  let resume = 0;
  while (letter < letters.length) {
    const now = parts[part];
    if (now !== undefined && 'any' in now) {
      lastAny = part++;
      resume = letter;
    } else if (now !== undefined && (now.one === undefined || now.one === letters[letter])) {
      part++;
      letter++;
    } else if (lastAny >= 0) {
      part = lastAny + 1;
      letter = ++resume;
    } else return false;
  }
  return parts.slice(part).every((rest) => 'any' in rest);
}
