import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { CorsSettings } from '../app-settings.ts';
import type { HostReply, HostRoute } from '../extension.ts';
import type { HostSettings } from '../host-json.ts';
import type { Invoke } from '../invoke.ts';
import type { HostKeys } from '../keys.ts';
import { describeError, type Log } from '../log.ts';
import { BodyTooLargeError, readBody } from './body.ts';
import type { Answer } from './call.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts';
import { matchRoute, type Route } from './routes.ts';
import { parseTarget, type Target } from './target.ts';
import { Throttle } from './throttle.ts';

export interface FrontOptions {
  readonly routes: readonly Route[];
  readonly answer: Answer;
  readonly invoke: Invoke;
  readonly hostRoutes: readonly HostRoute[];
  readonly keys: HostKeys;
  readonly cors: CorsSettings | undefined;
  readonly settings: HostSettings['http'];
  readonly bodyLimit: number;
  /** Whether `/` shows that the host runs, where no function takes it. */
  readonly homepage: boolean;
  readonly log: Log;
  /** Requests under way; a stop waits for them. */
  readonly inFlight: Set<Promise<unknown>>;
}

/** Kestrel's limits: all headers together, and how long an idle connection is kept. */
const headerLimit = 32 * 1024;
const keepAlive = 130_000;

/** The HTTP front end of the host. Neither bodies nor query strings are ever logged. */
export function createHttpFront(options: FrontOptions): Server {
  const { log, inFlight } = options;
  const throttle = new Throttle(options.settings);
  const server = createServer({ maxHeaderSize: headerLimit, keepAliveTimeout: keepAlive }, (request, response) => {
    const work = serve(request, response, options, throttle).catch((error: unknown) => {
      const status = error instanceof BodyTooLargeError ? 413 : brokeOff(request) ? 400 : 500;
      if (status === 500) log('error', 'Host.Http', `failed with ${describeError(error)}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(status, { connection: 'close', 'content-length': '0' }).end();
    });
    inFlight.add(work);
    void work.finally(() => inFlight.delete(work));
  });
  return server;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: FrontOptions,
  throttle: Throttle,
): Promise<void> {
  const target = parseTarget(request);
  if (target === undefined) return finish(response, { status: 400, headers: { connection: 'close' } });
  if (/^\/(admin|runtime)(\/|$)/i.test(target.path)) {
    for (const route of options.hostRoutes) {
      const own = await route(request, target.path, () => readBody(request, options.bodyLimit));
      if (own !== undefined) return finish(response, own);
    }
    return finish(response, { status: 404 });
  }
  const cors = corsHeaders(request, options.cors);
  if (options.cors !== undefined && isPreflight(request))
    return finish(response, { status: 204, headers: preflightHeaders(request, cors) });
  const headers = { ...options.settings.customHeaders, ...cors };
  const leave = await throttle.enter();
  if (leave === undefined) return finish(response, { status: 429, headers: { ...headers, 'retry-after': '1' } });
  try {
    await callFunction(request, response, target, headers, options);
  } finally {
    leave();
  }
}

async function callFunction(
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  headers: Readonly<Record<string, string>>,
  { routes, answer, invoke, keys, bodyLimit, homepage, log }: FrontOptions,
): Promise<void> {
  const match = matchRoute(routes, request.method ?? 'GET', target.path);
  if (match === undefined) {
    const home = target.path === '/' && request.method === 'GET';
    return finish(response, home ? { ...homePage(homepage), headers } : { status: 404, headers });
  }
  const { one } = match.route;
  const level = one.trigger.binding['authLevel'];
  if (
    level !== undefined &&
    level !== 'anonymous' &&
    !keys.allows(request, target.url, level === 'admin' ? 'admin' : 'function', one.name)
  )
    return finish(response, { status: 401, headers });
  try {
    await answer({ request, response, target, match, headers, invoke, bodyLimit });
  } catch (error) {
    if (error instanceof BodyTooLargeError || brokeOff(request)) throw error;
    log('error', `Function.${one.name}`, `failed with ${describeError(error)}`);
    if (!response.headersSent) finish(response, { status: 500, headers });
  }
}

/** Whether the caller went away, or what it sent stopped being HTTP, before the request was whole. */
const brokeOff = (request: IncomingMessage): boolean =>
  !request.complete && (request.readableAborted || request.errored !== null || request.destroyed);

/** What Azure shows at `/` of an app that has no function there; 204 where AzureWebJobsDisableHomepage says so. */
const homePage = (shown: boolean): HostReply =>
  shown ? { status: 200, body: 'Your Functions 4.0 app is up and running\n' } : { status: 204 };

function finish(response: ServerResponse, { status, headers = {}, body = '' }: HostReply): void {
  const bare = status === 204 || status === 304;
  response.writeHead(status, { ...headers, ...(bare ? {} : { 'content-length': String(Buffer.byteLength(body)) }) });
  response.end(bare || response.req.method === 'HEAD' ? undefined : body);
}
