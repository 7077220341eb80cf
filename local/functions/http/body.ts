import type { IncomingMessage } from 'node:http';

/** Azure's own limit, 100 MB; the app setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT changes it. */
export const defaultBodyLimit = 104_857_600;

/** The caller sends more than the host takes: 413. */
export class BodyTooLargeError extends RangeError {
  override readonly name = 'BodyTooLargeError';
  constructor(limit: number) {
    super(`The body is larger than ${limit} bytes.`);
  }
}

/** The whole body. @throws BodyTooLargeError */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw new BodyTooLargeError(limit);
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if ((length === undefined || length === '0') && encoding === undefined) return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > limit) throw new BodyTooLargeError(limit);
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
}
