import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Invoke } from './invoke.ts';
import { matchRoute, type Route } from './routes.ts';
import type { RpcHttp, TypedData } from './typed-data.ts';

/** Answers a request that the host itself takes (`/admin`, `/runtime`); undefined: not one of those. */
export type HostRoute = (
  request: IncomingMessage,
  path: string,
  body: () => Promise<Buffer | undefined>,
) => Promise<{ status: number; headers?: Record<string, string>; body?: string } | undefined>;

/** Azure's own limit. */
const maximumBody = 100 * 1024 * 1024;

/** The HTTP front end of the host. Neither bodies nor query strings are ever logged. */
export function createHttpFront(options: {
  routes: readonly Route[];
  invoke: Invoke;
  hostRoute: HostRoute;
  log: (line: string) => void;
  inFlight: Set<Promise<unknown>>;
}): Server {
  return createServer((request, response) => {
    const work = answer(request, response, options).catch((error: unknown) => {
      options.log(`http: ${error instanceof Error ? error.name : 'error'} while answering ${request.method}`);
      if (!response.headersSent) response.writeHead(500).end();
      else response.destroy();
    });
    options.inFlight.add(work);
    void work.finally(() => options.inFlight.delete(work));
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: Parameters<typeof createHttpFront>[0],
): Promise<void> {
  const target = request.url ?? '/';
  const path = target.split('?', 1)[0] ?? '/';
  const own = await options.hostRoute(request, path, () => readBody(request));
  if (own !== undefined) return void response.writeHead(own.status, own.headers).end(own.body);
  const method = request.method ?? 'GET';
  const match = matchRoute(options.routes, method, path);
  if (match === undefined || match === 'method') return void response.writeHead(match === undefined ? 404 : 405).end();
  const body = await readBody(request);
  if (body === undefined) return void response.writeHead(413).end();
  const host = request.headers.host ?? 'localhost';
  const http: RpcHttp = {
    url: new URL(target, `http://${host}`).href,
    method,
    nullableHeaders: wrap(request.headers),
    nullableQuery: wrap(Object.fromEntries(new URL(target, 'http://localhost').searchParams)),
    nullableParams: wrap(match.params),
    ...(body.length === 0 ? {} : { body: { bytes: body } }),
  };
  const traceparent = request.headers['traceparent'];
  try {
    const result = await options.invoke(match.route.one, {
      input: { http },
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    });
    reply(response, method, result);
  } catch (error) {
    options.log(`${match.route.one.name}: failed with ${error instanceof Error ? error.name : 'an error'}`);
    response.writeHead(500).end();
  }
}

function reply(response: ServerResponse, method: string, result: TypedData | undefined): void {
  const http = result !== undefined && 'http' in result ? result.http : undefined;
  const status = Number(http?.statusCode ?? 204);
  const cookies = (http?.cookies ?? []).map(({ name, value }) => `${name}=${value}`);
  const body = http?.body === undefined ? Buffer.alloc(0) : toBuffer(http.body);
  const bare = status === 204 || status === 304;
  response.writeHead(status, {
    ...http?.headers,
    ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }),
    ...(bare ? {} : { 'content-length': String(body.length) }),
  });
  response.end(bare || method === 'HEAD' ? undefined : body);
}

function toBuffer(data: TypedData): Buffer {
  if ('bytes' in data) return Buffer.from(data.bytes);
  if ('string' in data) return Buffer.from(data.string);
  return 'json' in data ? Buffer.from(data.json) : Buffer.alloc(0);
}

const wrap = (
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, { value: string }> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, { value: Array.isArray(value) ? value.join(', ') : String(value) }]],
    ),
  );

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > maximumBody) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
