import type { Call } from '../call.ts';
import { BlobError, invalidHeader, permissionMismatch } from '../errors.ts';
import { afterWrite } from '../lease.ts';
import { type BlobRequest, header, metadataOf, wordHeader } from '../request.ts';
import { replacePolicy } from '../retention.ts';
import type { BlobState, ContentHeaders } from '../state/schema.ts';
import { readTags } from './tags.ts';

const longestName = 1024;

/** What the headers of a request say of a blob that takes the place of what was there. */
export interface NewBlob {
  readonly content: ContentHeaders;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly tier: BlobState['tier'];
  readonly policy: BlobState['policy'];
  readonly legalHold: boolean | undefined;
}

export function readNewBlob({ request, blob, now }: Call): NewBlob {
  if (blob.length > longestName)
    throw new BlobError(400, 'OutOfRangeInput', `The name of a blob has at most ${longestName} characters.`);
  const tier = readTier(request);
  return {
    content: readContentHeaders(request),
    metadata: metadataOf(request),
    tags: readTags(request),
    tier: tier === undefined ? undefined : { name: tier, changed: now },
    policy: readPolicy(request, now),
    legalHold: wordHeader(request, 'x-ms-legal-hold', ['true', 'false']) === 'true' || undefined,
  };
}

/** The blob that is there from now on. @throws BlobError 403 when it takes another's place and the caller may only create. */
export function replaceBlob(
  call: Call,
  before: BlobState | undefined,
  wanted: NewBlob & Pick<BlobState, 'kind' | 'length'>,
): BlobState {
  const { grant, now } = call;
  if (before !== undefined && !grant.allows('w')) throw permissionMismatch();
  return {
    ...wanted,
    etag: call.newETag(),
    created: before?.created ?? now,
    modified: now,
    lease: afterWrite(before?.lease, now),
    appended: 0,
  };
}

/** `x-ms-blob-…`, or the plain header of a request that carries the content itself. */
export function readContentHeaders(request: BlobRequest): ContentHeaders {
  const given = (name: string): string | undefined => header(request, `x-ms-blob-${name}`) || undefined;
  const md5 = given('content-md5');
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16)
    throw invalidHeader('x-ms-blob-content-md5', '16 bytes in base64');
  return {
    type: given('content-type'),
    encoding: given('content-encoding'),
    language: given('content-language'),
    disposition: given('content-disposition'),
    cacheControl: given('cache-control'),
    md5,
  };
}

/** The tiers that are read at once; what lies in the archive is not. */
export const readTier = (request: BlobRequest): string | undefined =>
  wordHeader(request, 'x-ms-access-tier', ['Hot', 'Cool', 'Cold']);

export function readPolicy(request: BlobRequest, now: number): BlobState['policy'] {
  const text = header(request, 'x-ms-immutability-policy-until-date');
  if (text === undefined) return undefined;
  const until = Date.parse(text);
  if (Number.isNaN(until) || until <= now) throw invalidHeader('x-ms-immutability-policy-until-date', 'a date to come');
  const mode = wordHeader(request, 'x-ms-immutability-policy-mode', ['Locked', 'Unlocked']);
  return replacePolicy(undefined, { until, locked: mode === 'Locked' });
}
