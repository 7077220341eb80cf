/**
 * Elements that a narrative may use: HTML 4.0 chapters 7 to 11 and 15, links and images
 * (http://hl7.org/fhir/R4/narrative.html#xhtml). What is not here could run, load or ask for something.
 */
const allowed = new Set(
  'a abbr acronym address b big blockquote br caption cite code col colgroup dd del dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li map area ol p pre q samp small span strong style sub sup table tbody td tfoot th thead tr tt u ul var font center s strike bdo'.split(
    ' ',
  ),
);
const token =
  /<!--[\s\S]*?-->|<(\/?)([A-Za-z][A-Za-z0-9:]*)((?:\s+[A-Za-z_:][-\w:.]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|<|[^<]+/g;
const entity = /&(?!(?:amp|lt|gt|quot|apos|nbsp|#\d+|#x[0-9a-fA-F]+);)/;

/** What is wrong with the XHTML of a narrative (txt-1, txt-2); undefined: nothing. */
export function checkNarrative(div: string): string | undefined {
  const open: string[] = [];
  let roots = 0;
  let content = false;
  for (const [text, closing, name, attributes = '', selfClosing] of div.trim().matchAll(token)) {
    if (text.startsWith('<!--')) continue;
    if (name === undefined) {
      if (text === '<') return 'well-formed XHTML';
      if (entity.test(text)) return 'only entities of XML';
      if (open.length === 0 && text.trim() !== '') return 'one div around everything';
      content ||= text.trim() !== '';
      continue;
    }
    if (closing === '/') {
      if (open.pop() !== name) return 'well-formed XHTML: every element closed where it was opened';
      continue;
    }
    if (!allowed.has(name)) return 'only text, tables, lists, links and images';
    if (/\son[a-z]+\s*=/i.test(attributes)) return 'no event handlers';
    if (entity.test(attributes)) return 'only entities of XML';
    if (open.length === 0) {
      roots += 1;
      if (name !== 'div' || !/\sxmlns\s*=\s*["']http:\/\/www\.w3\.org\/1999\/xhtml["']/.test(attributes))
        return 'a div of the namespace http://www.w3.org/1999/xhtml';
    }
    content ||= name === 'img';
    if (selfClosing !== '/') open.push(name);
  }
  if (open.length > 0 || roots !== 1) return 'well-formed XHTML: one div, every element closed';
  return content ? undefined : 'some text or an image (txt-2)';
}
