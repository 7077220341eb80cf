import { createHash } from 'node:crypto';
import { type BlobAnswer, blobToRead, type Call, stamp } from '../call.ts';
import { BlobError, invalidHeader, invalidQuery } from '../errors.ts';
import { describeLease } from '../lease.ts';
import { type BlobRequest, header } from '../request.ts';
import type { BlobState } from '../state/schema.ts';
import { metadataHeaders } from './containers.ts';

/** Bytes of a range whose MD5 may be asked for. */
const mostForMd5 = 4 * 1024 * 1024;

/** Get Blob, whole or a range of it. */
export async function getBlob(call: Call): Promise<BlobAnswer> {
  const state = blobToRead(call);
  const range = readRange(call.request, state.length);
  const headers = propertyHeaders(call, state);
  if (range === undefined) {
    const whole = { 'content-length': state.length, 'content-md5': state.content.md5 };
    return { status: 200, headers: { ...headers, ...whole }, body: bytesOf(call, 0, state.length) };
  }
  const { from, to } = range;
  const headersOfRange = {
    ...headers,
    'content-length': to - from,
    'content-range': `bytes ${from}-${to - 1}/${state.length}`,
    'x-ms-blob-content-md5': state.content.md5,
  };
  const body = bytesOf(call, from, to);
  if (header(call.request, 'x-ms-range-get-content-md5')?.toLowerCase() !== 'true')
    return { status: 206, headers: headersOfRange, body };
  if (to - from > mostForMd5)
    throw invalidHeader('x-ms-range-get-content-md5', `left out for a range of more than ${mostForMd5} bytes`);
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  const bytes = Buffer.concat(parts);
  const md5 = createHash('md5').update(bytes).digest('base64');
  return { status: 206, headers: { ...headersOfRange, 'content-md5': md5 }, body: [bytes] };
}

export async function headBlob(call: Call): Promise<BlobAnswer> {
  const state = blobToRead(call);
  return {
    status: 200,
    headers: {
      ...propertyHeaders(call, state),
      'content-length': state.length,
      'content-md5': state.content.md5,
      'x-ms-creation-time': new Date(state.created).toUTCString(),
    },
  };
}

/** `x-ms-range` before `Range`; only `bytes=from-` and `bytes=from-to` are known. */
function readRange(request: BlobRequest, length: number): { readonly from: number; readonly to: number } | undefined {
  const text = header(request, 'x-ms-range') ?? header(request, 'range');
  if (text === undefined) return undefined;
  const [matched, first = '', last] = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(text) ?? [];
  const from = Number(first);
  const to = last === undefined ? length : Math.min(Number(last) + 1, length);
  if (matched === undefined || (last !== undefined && Number(last) < from))
    throw invalidHeader('Range', 'bytes=from- or bytes=from-to');
  if (from >= length)
    throw new BlobError(416, 'InvalidRange', 'The range specified is invalid for the current size of the resource.', {
      'content-range': `bytes */${length}`,
    });
  return { from, to };
}

/**
 * What lies there when the request comes, whatever takes its place while it is sent: the first piece is asked for in the
 * turn that looks, and changes are made in turns of their own.
 */
async function* bytesOf({ store, container, blob }: Call, from: number, to: number): AsyncGenerator<Uint8Array> {
  const segments = store.segments(container, blob, from, to);
  const release = store.contents.hold(segments.map(({ content }) => content));
  try {
    for (const { start, length, content } of segments)
      yield* store.contents.read(content, Math.max(from - start, 0), Math.min(to - start, length));
  } finally {
    release();
  }
}

function propertyHeaders(
  { request, now }: Call,
  state: BlobState,
): Readonly<Record<string, string | number | undefined>> {
  const { content, policy } = state;
  const lease = describeLease(state.lease, now);
  const asked = (name: string): string | undefined => {
    const value = request.query.get(name);
    if (value !== undefined && !/^[\x20-\x7e]*$/.test(value)) throw invalidQuery(name, 'what a header can hold');
    return value;
  };
  const block = state.kind === 'BlockBlob';
  return {
    ...stamp(state),
    ...metadataHeaders(state.metadata),
    'content-type': asked('rsct') ?? content.type ?? 'application/octet-stream',
    'content-encoding': asked('rsce') ?? content.encoding,
    'content-language': asked('rscl') ?? content.language,
    'content-disposition': asked('rscd') ?? content.disposition,
    'cache-control': asked('rscc') ?? content.cacheControl,
    'accept-ranges': 'bytes',
    'x-ms-blob-type': state.kind,
    'x-ms-creation-time': new Date(state.created).toUTCString(),
    'x-ms-lease-state': lease.state,
    'x-ms-lease-status': lease.status,
    'x-ms-lease-duration': lease.duration,
    'x-ms-server-encrypted': 'true',
    'x-ms-access-tier': block ? (state.tier?.name ?? 'Hot') : undefined,
    'x-ms-access-tier-inferred': block && state.tier === undefined ? 'true' : undefined,
    'x-ms-access-tier-change-time': state.tier && new Date(state.tier.changed).toUTCString(),
    'x-ms-blob-committed-block-count': block ? undefined : state.appended,
    'x-ms-blob-sealed': state.sealed === true ? 'true' : undefined,
    'x-ms-tag-count': Object.keys(state.tags).length || undefined,
    'x-ms-immutability-policy-until-date': policy && new Date(policy.until).toUTCString(),
    'x-ms-immutability-policy-mode': policy && (policy.locked ? 'locked' : 'unlocked'),
    'x-ms-legal-hold': state.legalHold === undefined ? undefined : String(state.legalHold),
  };
}
