import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { maxHeaderSize } from '../http-server.ts';
import type { BlobAnswer } from './call.ts';
import { BlobError } from './errors.ts';

const newestVersion = '2026-10-06';
const settings = { keepAliveTimeout: 65_000, maxHeaderSize, requestTimeout: 0 };

/** The HTTP side: has a request answered and writes the answer, refusals as storage words them. */
export function createFront(
  respond: (request: IncomingMessage) => Promise<BlobAnswer>,
  log: (line: string) => void,
): Server {
  return createServer(settings, (request, response) => {
    const id = randomUUID();
    respond(request)
      .catch((error: unknown) => refusal(error, id, log))
      .then((answer) => write(request, response, answer, id))
      .catch((error: unknown) => {
        log(`blobs: ${String(error)}`);
        response.destroy();
      });
  });
}

function refusal(error: unknown, id: string, log: (line: string) => void): BlobAnswer {
  const known =
    error instanceof BlobError ? error : new BlobError(500, 'InternalError', 'The server failed; its log says why.');
  if (known !== error && !isAborted(error)) log(`blobs: ${error instanceof Error ? error.stack : String(error)}`);
  return {
    status: known.status,
    headers: { ...known.headers, 'x-ms-error-code': known.code },
    ...(known.status !== 304 && { body: known.xml(id, Date.now()) }),
  };
}

const isAborted = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ECONNRESET';

async function write(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers = {}, body }: BlobAnswer,
  id: string,
): Promise<void> {
  const text = typeof body === 'string' ? body : undefined;
  const client = request.headers['x-ms-client-request-id'];
  const version = request.headers['x-ms-version'];
  response.statusCode = status;
  for (const [name, value] of Object.entries({
    ...(text !== undefined && { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(text) }),
    ...(body === undefined && status !== 304 && status !== 204 && { 'content-length': 0 }),
    ...headers,
    'x-ms-request-id': id,
    'x-ms-client-request-id': client,
    'x-ms-version': version ?? newestVersion,
  }))
    if (value !== undefined) response.setHeader(name, value);
  if (body === undefined || typeof body === 'string' || request.method === 'HEAD') {
    response.end(request.method === 'HEAD' ? undefined : body);
    return;
  }
  await send(response, body);
}

/** Sends bytes as fast as the caller takes them; stops reading when it has gone. */
async function send(response: ServerResponse, body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  for await (const part of body) {
    if (gone.signal.aborted) return;
    if (!response.write(part)) await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
  }
  response.end();
}
