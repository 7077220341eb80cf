import { childOf, escapeXml } from '../../xml.ts';
import { type BlobAnswer, type Call, containerOf, mindLease } from '../call.ts';
import { BlobError, blobNotFound } from '../errors.ts';
import { readXml } from '../read-body.ts';
import { type BlobRequest, header } from '../request.ts';
import type { BlobState } from '../state/schema.ts';

type Tags = Readonly<Record<string, string>>;

const most = 10;

export async function getTags(call: Call): Promise<BlobAnswer> {
  const body = `<?xml version="1.0" encoding="utf-8"?>${tagsXml(taggedBlob(call, false).tags)}`;
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}

/** Set Blob Tags: all of them. */
export async function setTags(call: Call): Promise<BlobAnswer> {
  const { store, container, blob, request } = call;
  const set = childOf(await readXml(request), 'TagSet');
  if (set === undefined) throw new BlobError(400, 'InvalidXmlDocument', 'The document must be Tags with a TagSet.');
  const tags = checked(
    set.children.map((tag) => [childOf(tag, 'Key')?.text ?? '', childOf(tag, 'Value')?.text ?? ''] as const),
  );
  await store.change(() => store.saveBlob(container, blob, { ...taggedBlob(call, true), tags }));
  return { status: 204 };
}

function taggedBlob(call: Call, changes: boolean): BlobState {
  containerOf(call);
  const state = call.store.blob(call.container, call.blob);
  if (state === undefined) throw blobNotFound();
  mindLease(call, state, changes);
  return state;
}

/** `x-ms-tags`: `name=value&…`, encoded as a query is. */
export const readTags = (request: BlobRequest): Tags =>
  checked([...new URLSearchParams(header(request, 'x-ms-tags') ?? '')]);

/** https://learn.microsoft.com/rest/api/storageservices/set-blob-tags#remarks */
function checked(pairs: readonly (readonly [string, string])[]): Tags {
  const invalid = (message: string) => new BlobError(400, 'InvalidTag', message);
  if (pairs.length > most) throw invalid(`A blob has at most ${most} tags.`);
  const tags: Record<string, string> = {};
  for (const [key, value] of pairs) {
    if (!/^[A-Za-z0-9 +\-./:=_]{1,128}$/.test(key) || !/^[A-Za-z0-9 +\-./:=_]{0,256}$/.test(value))
      throw invalid('A tag is a key of 1 to 128 and a value of up to 256 letters, digits, spaces and + - . / : = _');
    if (Object.hasOwn(tags, key)) throw invalid(`The tag ${key} is given twice.`);
    tags[key] = value;
  }
  return tags;
}

export const tagsXml = (tags: Tags): string =>
  `<Tags><TagSet>${Object.entries(tags)
    .map(([key, value]) => `<Tag><Key>${escapeXml(key)}</Key><Value>${escapeXml(value)}</Value></Tag>`)
    .join('')}</TagSet></Tags>`;
