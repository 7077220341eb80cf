import type { ServerResponse } from 'node:http';
import type { RpcHttp, TypedData } from '../typed-data.ts';
import { readBody } from './body.ts';
import { type Answer, headerText, queryValues, traceOf } from './call.ts';
import { serializeCookie } from './cookie.ts';

/** What the host decides itself, whatever the function says. */
const hostsOwn = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding']);

/** The whole request goes to the function, and its whole answer to the caller: how Azure works without `enableHttpStream`. */
export const answerBuffered: Answer = async ({ request, response, target, match, headers, invoke, bodyLimit }) => {
  const body = await readBody(request, bodyLimit);
  const http: RpcHttp = {
    url: target.url.href,
    method: request.method ?? 'GET',
    nullableHeaders: wrap(request.headers),
    nullableQuery: wrap(queryValues(target.url)),
    nullableParams: wrap(match.params),
    ...(body.length === 0 ? {} : { body: { bytes: body } }),
  };
  const result = await invoke(match.route.one, { input: { http }, ...traceOf(request) });
  reply(response, request.method === 'HEAD', result, headers);
};

function reply(
  response: ServerResponse,
  head: boolean,
  result: TypedData | undefined,
  headers: Readonly<Record<string, string>>,
): void {
  const http = result !== undefined && 'http' in result ? result.http : undefined;
  const status = Number(http?.statusCode ?? 204);
  const cookies = (http?.cookies ?? []).map(serializeCookie);
  const body = http?.body === undefined ? Buffer.alloc(0) : toBuffer(http.body);
  const bare = status < 200 || status === 204 || status === 304;
  const own = Object.entries(http?.headers ?? {}).filter(([name]) => !hostsOwn.has(name.toLowerCase()));
  response.writeHead(status, {
    ...headers,
    ...Object.fromEntries(own),
    ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }),
    ...(bare ? {} : { 'content-length': String(body.length) }),
  });
  response.end(bare || head ? undefined : body);
}

function toBuffer(data: TypedData): Uint8Array {
  if ('bytes' in data) return data.bytes;
  if ('string' in data) return Buffer.from(data.string);
  return 'json' in data ? Buffer.from(data.json) : Buffer.alloc(0);
}

function wrap(
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, { value: string }> {
  const wrapped: Record<string, { value: string }> = {};
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) wrapped[name] = { value: headerText(value) };
  return wrapped;
}
