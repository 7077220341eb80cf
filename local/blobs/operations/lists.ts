import { escapeXml } from '../../xml.ts';
import { type BlobAnswer, type Call, containerOf } from '../call.ts';
import { invalidQuery } from '../errors.ts';
import { describeLease } from '../lease.ts';
import type { Named } from '../state/blob-store.ts';
import type { BlobState, ContainerState } from '../state/schema.ts';
import { tagsXml } from './tags.ts';

const largestPage = 5000;

/** `?comp=list` of an account. */
export async function listContainers(call: Call): Promise<BlobAnswer> {
  const { prefix, limit, from, include } = pageOf(call);
  const found = call.store.containers(from, limit + 1).filter(({ name }) => name.startsWith(prefix));
  const items = found.slice(0, limit).map((one) => containerXml(one, call, include));
  return page(call, `<Containers>${items.join('')}</Containers>`, found[limit]?.name);
}

/** `?comp=list` of a container, flat or with a delimiter: what has it after the prefix is told once, as a prefix. */
export async function listBlobs(call: Call): Promise<BlobAnswer> {
  const { prefix, limit, from, include } = pageOf(call);
  const { container, request } = call;
  containerOf(call);
  const delimiter = request.query.get('delimiter') ?? '';
  const items: string[] = [];
  let at = from;
  let next: string | undefined;
  scan: for (;;) {
    const batch = mixed(call, at, limit + 1, include.has('uncommittedblobs'));
    for (const one of batch) {
      if (!one.name.startsWith(prefix)) break scan;
      if (items.length === limit) {
        next = one.name;
        break scan;
      }
      const cut = delimiter === '' ? -1 : one.name.indexOf(delimiter, prefix.length);
      if (cut >= 0) {
        const shared = one.name.slice(0, cut + delimiter.length);
        items.push(`<BlobPrefix>${nameXml(shared)}</BlobPrefix>`);
        at = after(shared);
        continue scan;
      }
      items.push(blobXml(one, call, include));
      at = `${one.name}\u0000`;
    }
    if (batch.length <= limit) break;
  }
  const shown = delimiter === '' ? '' : `<Delimiter>${escapeXml(delimiter)}</Delimiter>`;
  return page(call, `${shown}<Blobs>${items.join('')}</Blobs>`, next, container);
}

/** Blobs in the order of names, with those that have uncommitted blocks alone if they are asked for. */
function mixed(
  { store, container }: Call,
  from: string,
  limit: number,
  uncommitted: boolean,
): (Named<BlobState> | { readonly name: string; readonly state: undefined })[] {
  const committed = store.blobs(container, from, limit);
  if (!uncommitted) return committed;
  const waiting = store.uncommitted(container, from, limit).map((name) => ({ name, state: undefined }));
  return [...committed, ...waiting]
    .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
    .slice(0, limit);
}

/** The first name that does not begin with `prefix`, of those from it on. */
function after(prefix: string): string {
  const points = [...prefix];
  const last = points.pop()?.codePointAt(0) ?? 0;
  return points.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
}

function pageOf({ request: { query } }: Call) {
  const wanted = query.get('maxresults');
  if (wanted !== undefined && !/^[1-9]\d{0,8}$/.test(wanted))
    throw invalidQuery('maxresults', 'a whole number from 1 on');
  const prefix = query.get('prefix') ?? '';
  const from = Buffer.from(query.get('marker') ?? '', 'base64url').toString('utf8') || prefix;
  if (!from.startsWith(prefix)) throw invalidQuery('marker', 'one that a list with this prefix gave');
  return {
    prefix,
    from,
    limit: Math.min(Number(wanted ?? largestPage), largestPage),
    include: new Set((query.get('include') ?? '').toLowerCase().split(',')),
  };
}

function page({ request }: Call, items: string, next: string | undefined, container?: string): BlobAnswer {
  const { origin, account, query } = request;
  const shown = (element: string, parameter: string): string =>
    query.has(parameter) ? `<${element}>${escapeXml(query.get(parameter) ?? '')}</${element}>` : '';
  const marker = next === undefined ? '' : Buffer.from(next).toString('base64url');
  const of = container === undefined ? '' : ` ContainerName="${escapeXml(container)}"`;
  return {
    status: 200,
    body: `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="${escapeXml(`${origin}/${account}/`)}"${of}>${shown('Prefix', 'prefix')}${shown('Marker', 'marker')}${shown('MaxResults', 'maxresults')}${items}<NextMarker>${marker}</NextMarker></EnumerationResults>`,
  };
}

const elements = (pairs: Readonly<Record<string, string | number | boolean | undefined>>): string =>
  Object.entries(pairs)
    .map(([name, value]) => (value === undefined ? '' : `<${name}>${escapeXml(String(value))}</${name}>`))
    .join('');

/** What XML cannot write stands encoded. */
const nameXml = (name: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that XML cannot write
  /[\u0000-\u001f\ufffe\uffff]/.test(name)
    ? `<Name Encoded="true">${encodeURIComponent(name)}</Name>`
    : `<Name>${escapeXml(name)}</Name>`;

function containerXml({ name, state }: Named<ContainerState>, call: Call, include: ReadonlySet<string>): string {
  const { state: leaseState, status, duration } = describeLease(state.lease, call.now);
  const properties = elements({
    'Last-Modified': new Date(state.modified).toUTCString(),
    Etag: state.etag.replaceAll('"', ''),
    LeaseStatus: status,
    LeaseState: leaseState,
    LeaseDuration: duration,
    HasImmutabilityPolicy: call.immutableFor[name] !== undefined,
    HasLegalHold: false,
  });
  const metadata = include.has('metadata') ? `<Metadata>${elements(state.metadata)}</Metadata>` : '';
  return `<Container>${nameXml(name)}<Properties>${properties}</Properties>${metadata}</Container>`;
}

function blobXml(
  { name, state }: { readonly name: string; readonly state: BlobState | undefined },
  { now }: Call,
  include: ReadonlySet<string>,
): string {
  if (state === undefined)
    return `<Blob>${nameXml(name)}<Properties>${elements({ 'Content-Length': 0, BlobType: 'BlockBlob' })}</Properties></Blob>`;
  const lease = describeLease(state.lease, now);
  const properties = elements({
    'Creation-Time': new Date(state.created).toUTCString(),
    'Last-Modified': new Date(state.modified).toUTCString(),
    Etag: state.etag.replaceAll('"', ''),
    'Content-Length': state.length,
    'Content-Type': state.content.type ?? 'application/octet-stream',
    'Content-Encoding': state.content.encoding,
    'Content-Language': state.content.language,
    'Content-MD5': state.content.md5,
    'Content-Disposition': state.content.disposition,
    'Cache-Control': state.content.cacheControl,
    BlobType: state.kind,
    AccessTier: state.kind === 'BlockBlob' ? (state.tier?.name ?? 'Hot') : undefined,
    AccessTierInferred: state.kind === 'BlockBlob' && state.tier === undefined ? true : undefined,
    LeaseStatus: lease.status,
    LeaseState: lease.state,
    LeaseDuration: lease.duration,
    ServerEncrypted: true,
    TagCount: Object.keys(state.tags).length || undefined,
    Sealed: state.sealed,
    ...(include.has('immutabilitypolicy') && {
      ImmutabilityPolicyUntilDate: state.policy && new Date(state.policy.until).toUTCString(),
      ImmutabilityPolicyMode: state.policy && (state.policy.locked ? 'locked' : 'unlocked'),
    }),
    ...(include.has('legalhold') && { LegalHold: state.legalHold ?? false }),
  });
  const metadata = include.has('metadata') ? `<Metadata>${elements(state.metadata)}</Metadata>` : '';
  const tags = include.has('tags') && Object.keys(state.tags).length > 0 ? tagsXml(state.tags) : '';
  return `<Blob>${nameXml(name)}<Properties>${properties}</Properties>${metadata}${tags}</Blob>`;
}
