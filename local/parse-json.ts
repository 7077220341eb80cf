/** How deep values may nest: what the services' own parser takes (System.Text.Json's default). */
const maximumDepth = 64;

/**
 * Parses JSON that came over the network. What nests deeper than the services take is refused before it is built, since
 * writing it again would overflow the stack.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === backslash) at++;
      else if (code === quote) quoted = false;
    } else if (code === quote) quoted = true;
    else if (code === openBracket || code === openBrace) {
      if (++depth > maximumDepth) throw new SyntaxError(`The JSON nests deeper than ${maximumDepth} levels.`);
    } else if (code === closeBracket || code === closeBrace) depth--;
  }
  return JSON.parse(text);
}

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];
