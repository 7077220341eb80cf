import { parseXml, type XmlElement } from '../xml.ts';
import { BlobError, invalidHeader } from './errors.ts';
import { type BlobRequest, header } from './request.ts';
import type { BlobStore } from './state/blob-store.ts';
import type { Received } from './state/contents.ts';

/** Lists of 50,000 blocks are the longest documents. */
const largestDocument = 16 * 1024 * 1024;

/** Length of the body as the caller states it; storage takes no other. */
export function contentLength(request: BlobRequest): number {
  const given = header(request, 'content-length');
  if (given === undefined)
    throw new BlobError(411, 'MissingContentLengthHeader', 'Content-Length HTTP header is missing.');
  return Number(given);
}

/**
 * Takes the bytes of a request in and hands them to `use`, which names them in a transaction. If that fails they are forgotten.
 * @param most bytes that the operation takes.
 */
export async function withBody<T>(
  { request, store }: { readonly request: BlobRequest; readonly store: BlobStore },
  most: number,
  use: (received: Received) => Promise<T>,
): Promise<T> {
  const length = contentLength(request);
  if (length > most)
    throw new BlobError(413, 'RequestBodyTooLarge', `The request body is too large: the limit is ${most} bytes.`, {
      'x-ms-maximum-body-size': String(most),
    });
  const received = await store.contents.receive(request.body, length);
  try {
    checkMd5(request, received.md5);
    return await use(received);
  } catch (error) {
    await store.contents.discard(received);
    throw error;
  }
}

function checkMd5(request: BlobRequest, computed: Buffer): void {
  const given = header(request, 'content-md5');
  if (given === undefined) return;
  if (Buffer.from(given, 'base64').length !== 16)
    throw new BlobError(
      400,
      'InvalidMd5',
      'The MD5 value specified in the request is invalid: it must be 16 bytes in base64.',
    );
  if (given !== computed.toString('base64'))
    throw new BlobError(
      400,
      'Md5Mismatch',
      'The MD5 value specified in the request did not match with the MD5 value calculated by the server.',
    );
}

/** The XML of a request. @param given.optional whether there may be none. */
export async function readXml(
  request: BlobRequest,
  given: { readonly optional: true },
): Promise<XmlElement | undefined>;
export async function readXml(request: BlobRequest): Promise<XmlElement>;
export async function readXml(request: BlobRequest, { optional = false } = {}): Promise<XmlElement | undefined> {
  if (contentLength(request) > largestDocument) throw invalidHeader('content-length', `at most ${largestDocument}`);
  const chunks: Buffer[] = [];
  for await (const chunk of request.body) chunks.push(chunk);
  const text = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  if (optional && text.trim() === '') return undefined;
  try {
    return parseXml(text);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new BlobError(400, 'InvalidXmlDocument', `The specified XML is not syntactically valid: ${detail}`);
  }
}
