import { escapeXml } from '../../xml.ts';

/** A thing of the administration as an entry shows it. */
export interface Shown {
  /** Path below the namespace. */
  readonly path: string;
  readonly name: string;
  readonly created: number;
  readonly updated: number;
  /** XML of the content. */
  readonly content: string;
}

const atom = 'xmlns="http://www.w3.org/2005/Atom"';

function entryXml({ path, name, created, updated, content }: Shown, base: string, attributes: string): string {
  const address = escapeXml(`${base}/${path}?api-version=2021-05`);
  return `<entry${attributes}><id>${address}</id><title type="text">${escapeXml(name)}</title><published>${new Date(created).toISOString()}</published><updated>${new Date(updated).toISOString()}</updated><author><name>local</name></author><link rel="self" href="${address}"/><content type="application/xml">${content}</content></entry>`;
}

/** One thing as an Atom entry (RFC 4287). @param base the namespace's address, without a slash at its end */
export const entry = (shown: Shown, base: string): string => entryXml(shown, base, ` ${atom}`);

/** A page of things as an Atom feed. @param next address of the next page */
export function feed(all: readonly Shown[], options: { base: string; path: string; next?: string }): string {
  const { base, path, next } = options;
  const address = escapeXml(`${base}/${path}`);
  const links = [
    `<link rel="self" href="${address}"/>`,
    ...(next === undefined ? [] : [`<link rel="next" href="${escapeXml(next)}"/>`]),
  ];
  const entries = all.map((shown) => entryXml(shown, base, ''));
  return `<feed ${atom}><title type="text">${escapeXml(path)}</title><id>${address}</id><updated>${new Date().toISOString()}</updated>${links.join('')}${entries.join('')}</feed>`;
}
