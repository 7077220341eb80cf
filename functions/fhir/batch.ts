import { WardlineError } from '../../shared/errors.ts';
import {
  type BundleEntry,
  entriesOf,
  type FhirResource,
  inOrderOfProcessing,
  operationOutcome,
  readEntry,
} from '../../shared/fhir/index.ts';
import type { AuthorisedRequest, Http, RawReply, Reply, Route } from '../../shared/http.ts';
import { matchRoute } from './match-route.ts';
import { bundleReply } from './reply.ts';
import type { Scope } from './scope.ts';

/** What serves the entries of a Bundle. */
export interface Entries {
  readonly http: Pick<Http, 'serve'>;
  readonly routes: readonly Route[];
  /** Template of the base: `fhir`, `trusts/{ods}/fhir`. */
  readonly base: string;
  readonly scope: Scope;
}

const headerNames = {
  ifMatch: 'if-match',
  ifNoneMatch: 'if-none-match',
  ifModifiedSince: 'if-modified-since',
  ifNoneExist: 'if-none-exist',
} as const;

/**
 * A batch (http://hl7.org/fhir/R4/http.html#batch): every entry is served as if it had been sent alone, with its own
 * decision, audit entry and outcome, and sees what those before it wrote.
 */
export async function runBatch(entries: Entries, request: AuthorisedRequest, bundle: FhirResource): Promise<Reply> {
  const listed = entriesOf(bundle);
  const answers = new Map<number, object>();
  const readable: BundleEntry[] = [];
  for (const [index, entry] of listed.entries()) {
    try {
      readable.push(readEntry(entry, index));
    } catch (error) {
      if (!(error instanceof WardlineError)) throw error;
      answers.set(index, { response: { status: String(error.status), outcome: operationOutcome(error) } });
    }
  }
  let session = request.headers.get('x-wardline-session') ?? '';
  for (const entry of inOrderOfProcessing(readable)) {
    const reply = await serveEntry(entries, request, entry, session);
    session = reply.headers['x-wardline-session'] || session;
    answers.set(entry.index, answerOf(reply));
  }
  const entry = listed.map((_, index) => answers.get(index));
  return bundleReply('batch-response', session, { entry }, { disclosed: { subtype: 'batch', action: 'E' } });
}

/** Serves one entry as a request of its own. */
export async function serveEntry(
  { http, routes, base, scope }: Entries,
  request: AuthorisedRequest,
  entry: BundleEntry,
  session: string,
): Promise<RawReply> {
  const url = entry.url.startsWith(`${scope.base}/`) ? entry.url.slice(scope.base.length + 1) : entry.url;
  const matched = matchRoute(routes, base, entry.method, url.split('?')[0] ?? '');
  if (matched === undefined) return noSuchRoute();
  const headers = new Headers({ 'content-type': 'application/json', accept: 'application/fhir+json' });
  for (const name of ['authorization', 'prefer', 'x-forwarded-for']) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  if (session !== '') headers.set('x-wardline-session', session);
  for (const [name, header] of Object.entries(headerNames)) {
    const value = entry.conditions[name as keyof typeof headerNames];
    if (value !== undefined) headers.set(header, value);
  }
  const body = new TextEncoder().encode(JSON.stringify(entry.resource ?? entry.patch ?? null));
  return whole(
    await http.serve(matched.route, {
      method: entry.method,
      url: `${scope.base}/${url}`,
      headers,
      params: { ...request.params, ...matched.params },
      body: async () => body,
      traceparent: request.call.traceparent,
    }),
  );
}

/** An entry's answer becomes a part of the Bundle's: what would come in a stream is read to its end. */
async function whole(reply: RawReply): Promise<RawReply> {
  const { body } = reply;
  return body instanceof ReadableStream ? { ...reply, body: await new Response(body).text() } : reply;
}

function noSuchRoute(): RawReply {
  const error = new WardlineError('not-found', 'The url of the entry names no interaction of this server.');
  return { status: error.status, headers: {}, body: JSON.stringify(operationOutcome(error)) };
}

/** An answer as an entry of a response Bundle. */
export function answerOf({ status, headers, body }: RawReply): object {
  const resource: unknown = typeof body === 'string' ? JSON.parse(body) : undefined;
  const failed = status >= 400;
  const modified = headers['last-modified'];
  return {
    ...(resource === undefined || failed ? {} : { resource }),
    response: {
      status: String(status),
      ...(headers['location'] === undefined ? {} : { location: headers['location'] }),
      ...(headers['etag'] === undefined ? {} : { etag: headers['etag'] }),
      ...(modified === undefined ? {} : { lastModified: new Date(modified).toISOString() }),
      ...(failed && resource !== undefined ? { outcome: resource } : {}),
    },
  };
}
