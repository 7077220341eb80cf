/** An XML element by its name without prefix. */
export interface XmlElement {
  readonly name: string;
  /** By their names without prefixes; of namespace declarations nothing is kept. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const deepest = 32;
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const decodeText = (text: string): string =>
  text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));/g, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });

export const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, (sign) => `&${{ '<': 'lt', '>': 'gt', '&': 'amp', '"': 'quot' }[sign]};`);

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

function attributesOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', , double, single] of text.matchAll(/([\w:.-]+)\s*=\s*("([^"]*)"|'([^']*)')/g))
    if (!name.startsWith('xmlns')) found.set(localName(name), decodeText(double ?? single ?? ''));
  return found;
}

const piece =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([\w:.-]+)((?:[^<>"']|"[^"]*"|'[^']*')*?)(\/?)>|([^<]+)/y;

/** Reads a document; document types are refused, as they could name files. @throws Error when it is no XML */
export function parseXml(document: string): XmlElement {
  interface Open {
    readonly name: string;
    readonly attributes: Map<string, string>;
    readonly children: XmlElement[];
    text: string;
  }
  const root: Open = { name: '', attributes: new Map(), children: [], text: '' };
  const stack: Open[] = [root];
  piece.lastIndex = 0;
  while (piece.lastIndex < document.length) {
    const match = piece.exec(document);
    if (match === null) throw new Error('The body is no well-formed XML.');
    const [, cdata, closing, name = '', attributes = '', selfClosing, text] = match;
    const top = stack.at(-1) ?? root;
    if (cdata !== undefined) top.text += cdata;
    else if (text !== undefined) top.text += decodeText(text);
    else if (closing === '/') {
      if (stack.length === 1 || top.name !== localName(name)) throw new Error(`</${name}> closes nothing.`);
      stack.pop();
    } else if (name !== '') {
      const element: Open = { name: localName(name), attributes: attributesOf(attributes), children: [], text: '' };
      top.children.push(element);
      if (selfClosing !== '/') stack.push(element);
      if (stack.length > deepest) throw new Error(`The elements are nested deeper than ${deepest}.`);
    }
  }
  const [only, ...others] = root.children;
  if (stack.length > 1 || only === undefined || others.length > 0)
    throw new Error('The body is no whole XML document.');
  return only;
}

export const childOf = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((child) => child.name === name);
