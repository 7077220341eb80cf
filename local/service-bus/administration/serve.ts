import type { IncomingMessage, RequestListener } from 'node:http';
import { TLSSocket } from 'node:tls';
import { readBody } from '../../http-json.ts';
import { escapeXml, parseXml } from '../../xml.ts';
import type { TokenCheck } from '../access/check-token.ts';
import { EntityError } from '../entities/entity-error.ts';
import type { Namespace } from '../entities/namespace.ts';
import type { Stores } from '../store/stores.ts';
import { entry, feed, type Shown } from './atom.ts';
import { Routes, type Target, targetOf } from './routes.ts';

const largestBody = 256 * 1024;
/** How many a page of a list holds at most. */
const page = 100;
const statuses = { 'not-found': 404, exists: 409, invalid: 400 } as const;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * The administration API: Atom over HTTP
 * (https://learn.microsoft.com/rest/api/servicebus/controlplane-dataplane), as the clients' ServiceBusAdministrationClient
 * speaks it.
 */
export function serveAdministration(deps: {
  namespace: Namespace;
  stores: Stores;
  check: TokenCheck;
  now: () => number;
  log: (line: string) => void;
}): RequestListener {
  const routes = new Routes(deps.namespace, deps.stores, deps.now);
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const base = `${request.socket instanceof TLSSocket ? 'https' : 'http'}://${request.headers.host ?? 'localhost'}`;
    const url = new URL(request.url ?? '/', base);
    const token = (request.headers.authorization ?? '').replace(/^Bearer /i, '');
    const checked = await deps.check(token, url.pathname);
    if ('refusal' in checked) return failure(401, `Unauthorized. ${checked.refusal}`);
    const target = targetOf(decodeURIComponent(url.pathname).replace(/^\//, ''));
    if (request.method === 'GET') return list(routes, target, url, base);
    if (request.method === 'DELETE') {
      await routes.remove(target);
      return { status: 200, body: '' };
    }
    if (request.method !== 'PUT') return failure(405, `${request.method} is not allowed here.`);
    const replace = request.headers['if-match'] === '*';
    const shown = await routes.put(target, parse(await readBody(request, largestBody)), replace);
    return { status: replace ? 200 : 201, body: entry(shown, base) };
  };
  return async (request, response) => {
    let { status, body } = failure(500, 'The service was unable to process the request.');
    try {
      ({ status, body } = await answer(request));
    } catch (error) {
      const told = error instanceof EntityError || error instanceof RangeError || error instanceof URIError;
      if (told) ({ status, body } = failure(error instanceof EntityError ? statuses[error.code] : 400, error.message));
      else deps.log(`service-bus: an administration request failed: ${String(error)}`);
    }
    response.writeHead(status, { 'content-type': 'application/atom+xml;type=entry;charset=utf-8' }).end(body);
  };
}

function list(routes: Routes, target: Target, url: URL, base: string): Answer {
  const found = routes.get(target);
  if (!Array.isArray(found)) return { status: 200, body: entry(found, base) };
  const [skip, top] = [number(url, '$skip', 0), Math.min(number(url, '$top', page), page)];
  const shown: Shown[] = found.slice(skip, skip + top);
  const path = url.pathname.slice(1);
  const next = `${base}/${path}?$skip=${skip + top}&$top=${top}&api-version=2021-05`;
  return {
    status: 200,
    body: feed(shown, { base, path, ...(skip + top < found.length ? { next } : {}) }),
  };
}

function number(url: URL, name: string, byDefault: number): number {
  const text = url.searchParams.get(name);
  if (text === null) return byDefault;
  if (!/^\d{1,9}$/.test(text)) throw new EntityError('invalid', `${name}: "${text}" is no number of entities.`);
  return Number(text);
}

function parse(body: Buffer) {
  try {
    return parseXml(body.toString('utf8'));
  } catch (cause) {
    throw new EntityError('invalid', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

const failure = (status: number, detail: string): Answer => ({
  status,
  body: `<Error><Code>${status}</Code><Detail>SubCode=${status}00. ${escapeXml(detail)}</Detail></Error>`,
});
