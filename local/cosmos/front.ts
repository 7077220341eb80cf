import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { maxHeaderSize } from '../http-server.ts';
import { CosmosError } from './errors.ts';
import { type CosmosRequest, pathSegments } from './rest/request.ts';
import { maximumRequest } from './rest/request-size.ts';
import { answer, type CosmosResponse, refusal } from './rest/response.ts';

/** A little more than a request may have: what is larger is refused without being kept. */
const maximumBody = 2 * maximumRequest;

const settings = { keepAliveTimeout: 65_000, maxHeaderSize };

/** The HTTP side: reads a request whole, has it answered, writes the answer. */
export function createFront(
  respond: (request: CosmosRequest) => Promise<CosmosResponse>,
  log: (line: string) => void,
): Server {
  return createServer(settings, (request, response) => {
    readAll(request)
      .then((body) => respond(cosmosRequest(request, body)))
      .catch((error: unknown) => {
        if (error instanceof CosmosError) return refusal(error);
        log(`cosmos: ${error instanceof Error ? error.stack : error}`);
        return answer(500, '{"code":"InternalServerError","message":"The server failed; its log says why."}');
      })
      .then((answered) => write(request, response, answered));
  });
}

/** The whole body; of one that is too large only as much as tells that it is. A client that breaks off gets no answer. */
function readAll(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maximumBody) chunks.push(chunk);
    });
    request.on('end', () => resolve(size > maximumBody ? Buffer.alloc(maximumBody) : Buffer.concat(chunks)));
  });
}

function cosmosRequest(request: IncomingMessage, body: Buffer): CosmosRequest {
  const { method = 'GET', url = '/', headers, socket } = request;
  const scheme = socket instanceof TLSSocket ? 'https' : 'http';
  const endpoint = `${scheme}://${headers.host ?? 'localhost'}/`;
  return { method, segments: pathSegments(url), headers, body, endpoint };
}

function write(request: IncomingMessage, response: ServerResponse, { status, headers, body }: CosmosResponse): void {
  const empty = status === 204 || status === 304;
  response.writeHead(status, {
    ...headers,
    'x-ms-activity-id': request.headers['x-ms-activity-id'] ?? randomUUID(),
    ...(empty ? {} : { 'content-length': Buffer.byteLength(body) }),
  });
  response.end(empty ? undefined : body);
}
