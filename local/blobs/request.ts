import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { BlobError, invalidHeader, invalidQuery, notSupported } from './errors.ts';

/** A request as it came over the network, taken apart. */
export interface BlobRequest {
  readonly method: string;
  readonly account: string;
  readonly container: string | undefined;
  readonly blob: string | undefined;
  /** As it was sent: signatures are made over it. */
  readonly path: string;
  /** Names in lower case. */
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, with the case that the caller gave them. */
  readonly rawHeaders: readonly string[];
  readonly body: AsyncIterable<Buffer>;
  readonly secure: boolean;
  readonly address: string;
  /** Scheme and authority that the caller knows this server by. */
  readonly origin: string;
}

/** Features that would change what a request means, and are not there. */
const refusedHeaders: Readonly<Record<string, string>> = {
  'x-ms-structured-body': 'A structured body',
  'x-ms-content-crc64': 'A CRC64 of the content',
  'x-ms-encryption-key': 'Encryption with a key of the caller',
  'x-ms-encryption-scope': 'An encryption scope',
  'x-ms-default-encryption-scope': 'An encryption scope',
  'x-ms-if-tags': 'A condition on tags',
  'x-ms-copy-source': 'Copying from a URL',
};

/** @throws BlobError for a path that cannot be read, and for features that are not there. */
export function readRequest(request: IncomingMessage): BlobRequest {
  const { method = 'GET', url = '/', headers, rawHeaders, socket } = request;
  for (const [name, what] of Object.entries(refusedHeaders)) if (headers[name] !== undefined) throw notSupported(what);
  const [path = '/', ...rest] = url.split('?');
  const query = readQuery(rest.join('?'));
  for (const name of ['snapshot', 'versionid'])
    if (query.has(name)) throw notSupported(`The parameter ${name} (snapshots and versions)`);
  const [account = '', container, ...blob] = path.replace(/^\//, '').split('/');
  const secure = socket instanceof TLSSocket;
  return {
    method,
    account: decode(account),
    container: container === undefined || container === '' ? undefined : decode(container),
    blob: blob.length === 0 || blob.join('/') === '' ? undefined : decode(blob.join('/')),
    ...{ path, query, headers, rawHeaders, secure, body: request },
    address: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    origin: `${secure ? 'https' : 'http'}://${headers.host ?? 'localhost'}`,
  };
}

function readQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of text.split('&').filter((one) => one !== '')) {
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at)).toLowerCase();
    if (query.has(name)) throw invalidQuery(name, 'given once');
    query.set(name, at < 0 ? '' : decode(pair.slice(at + 1)));
  }
  return query;
}

function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes('\u0000')) return decoded;
  } catch {}
  throw new BlobError(400, 'InvalidUri', 'The requested URI does not represent any resource on the server.');
}

/** The one value of a header. */
export function header({ headers }: BlobRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** A header that is one of a few words, without regard to case. @returns the word as it stands in the list. */
export function wordHeader<Word extends string>(
  request: BlobRequest,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const given = header(request, name)?.toLowerCase();
  if (given === undefined) return undefined;
  const known = words.find((word) => word.toLowerCase() === given);
  if (known === undefined) throw invalidHeader(name, `one of ${words.join(', ')}`);
  return known;
}

/** A header that is a whole number. */
export function numberHeader(request: BlobRequest, name: string, least: number, most: number): number | undefined {
  const given = header(request, name);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (!/^-?\d{1,16}$/.test(given) || value < least || value > most)
    throw invalidHeader(name, `a whole number from ${least} to ${most}`);
  return value;
}

/** A header that is a lease's id. */
export function guidHeader(request: BlobRequest, name: string): string | undefined {
  const given = header(request, name)
    ?.replace(/^\{|\}$/g, '')
    .toLowerCase();
  if (given === undefined) return undefined;
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(given)) throw invalidHeader(name, 'a GUID');
  return given;
}

const largestMetadata = 8 * 1024;

/** `x-ms-meta-…`: names are identifiers of C# (https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata). */
export function metadataOf({ rawHeaders }: BlobRequest): Record<string, string> {
  const metadata: Record<string, string> = {};
  let size = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at] ?? '';
    if (!given.toLowerCase().startsWith('x-ms-meta-')) continue;
    const name = given.slice('x-ms-meta-'.length);
    const value = rawHeaders[at + 1] ?? '';
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new BlobError(
        400,
        'InvalidMetadata',
        `The metadata name "${name}" must be letters, digits and underscores, not a digit first.`,
      );
    if (Object.keys(metadata).some((other) => other.toLowerCase() === name.toLowerCase()))
      throw new BlobError(400, 'InvalidMetadata', `The metadata ${name} is given twice.`);
    size += name.length + value.length;
    metadata[name] = value;
  }
  if (size > largestMetadata)
    throw new BlobError(400, 'MetadataTooLarge', `The metadata has at most ${largestMetadata} bytes.`);
  return metadata;
}
