import type { Access, Policy } from './access/index.ts';
import { type Audit, auditEntry, type EntryFacts } from './audit/index.ts';
import type { Telemetry } from './azure/telemetry.ts';
import type { Actor, Call, Clock, Ids } from './context.ts';
import { WardlineError } from './errors.ts';
import { operationOutcome } from './fhir/index.ts';
import { parseJson } from './http/body.ts';
import type { AuthorisedRequest, RawReply, RawRequest, Reply, Route } from './http/types.ts';

export type { AuthorisedRequest, PublicRequest, RawReply, RawRequest, Reply, Route } from './http/types.ts';

/** The edge: everything between the host and a handler. */
export interface Http {
  serve(route: Route, request: RawRequest): Promise<RawReply>;
}

const defaultMaximumBody = 2 * 1024 * 1024;
const apiHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

export function createHttp(deps: { access: Access; audit: Audit; clock: Clock; ids: Ids; telemetry: Telemetry }): Http {
  const { access, audit, clock, ids, telemetry } = deps;

  /** Exactly one entry for each answered request of a known caller, durable before the answer. */
  const record = async (call: Call, facts: Omit<EntryFacts, 'trust'>): Promise<void> =>
    audit.record(auditEntry(call, { trust: call.actor.trust, ...facts }));

  async function serveKnown(
    route: Route & { policy: Exclude<Policy, 'public'> },
    request: RawRequest,
    actor: Actor,
    requestId: string,
    traceparent: string,
  ): Promise<RawReply> {
    const session = request.headers.get('x-wardline-session');
    const call: Call = {
      requestId,
      traceparent,
      actor,
      receivedAt: clock.now(),
      policy: route.policy,
      ...(session === null ? {} : { session }),
    };
    let reply: Reply;
    try {
      const coarse = await access.decide(actor, { policy: route.policy, trust: actor.trust });
      if (!coarse.allowed) throw new WardlineError('forbidden', coarse.detail);
      reply = await (route.handler as (request: AuthorisedRequest) => Promise<Reply>)(authorised(route, request, call));
    } catch (cause) {
      const error = known(cause, telemetry, route.name);
      await record(call, {
        subtype: route.name,
        action: 'E',
        outcome: error.status >= 500 ? '8' : '4',
        reason: error.code,
      });
      return toErrorReply(route, error);
    }
    if (reply.audited !== 'in-commit') {
      const { entryId, ...disclosed } = reply.disclosed ?? {
        subtype: route.name,
        action: 'R' as const,
        entryId: undefined,
      };
      await record(call, { ...disclosed, outcome: '0', ...(entryId === undefined ? {} : { id: entryId }) });
    }
    return toRawReply(reply);
  }

  async function answer(route: Route, request: RawRequest, requestId: string, traceparent: string): Promise<RawReply> {
    if (route.policy === 'public') {
      const { method, headers, params } = request;
      return toRawReply(await route.handler({ method, headers, params, query: new URL(request.url).searchParams }));
    }
    const actor = await access.authenticate(request.headers.get('authorization'));
    return serveKnown(route as Route & { policy: Exclude<Policy, 'public'> }, request, actor, requestId, traceparent);
  }

  return {
    serve: (route, request) =>
      telemetry.span(
        route.name,
        { kind: 'server', parent: request.traceparent, attributes: { method: request.method, route: route.route } },
        async (span) => {
          const requestId = ids.ulid();
          span.set('request.id', requestId);
          let reply: RawReply;
          try {
            reply = await answer(route, request, requestId, span.traceparent);
          } catch (cause) {
            reply = toErrorReply(route, known(cause, telemetry, route.name));
          }
          span.set('status', reply.status);
          return { ...reply, headers: { 'x-request-id': requestId, ...reply.headers } };
        },
      ),
  };
}

function authorised(route: Route, request: RawRequest, call: Call): AuthorisedRequest {
  const { method, headers, params } = request;
  const maximum = route.maximumBody ?? defaultMaximumBody;
  return {
    call,
    method,
    headers,
    params,
    query: new URL(request.url).searchParams,
    json: async () => parseJson(await request.body(), headers.get('content-type'), maximum),
    async form() {
      const bytes = await request.body();
      if (bytes.length > maximum) throw new WardlineError('too-large', `The body may have at most ${maximum} bytes.`);
      if (!/^application\/x-www-form-urlencoded\b/i.test(headers.get('content-type') ?? ''))
        throw new WardlineError('unsupported-media-type', 'Send application/x-www-form-urlencoded.', {
          expression: 'Content-Type',
        });
      return new URLSearchParams(new TextDecoder().decode(bytes));
    },
  };
}

/** What nobody foresaw is told without detail; its class and stack go to the log, its message might hold input. */
function known(cause: unknown, telemetry: Telemetry, route: string): WardlineError {
  if (cause instanceof WardlineError) {
    if (cause.status >= 500) telemetry.event('request-failed', { route, code: cause.code });
    return cause;
  }
  const stack =
    cause instanceof Error
      ? (cause.stack ?? '')
          .split('\n')
          .slice(1, 6)
          .map((line) => line.trim())
          .join(' ')
      : '';
  telemetry.event('unexpected-error', { route, error: cause instanceof Error ? cause.name : typeof cause, stack });
  return new WardlineError(
    'internal',
    'Wardline failed in a way nobody foresaw. The request id helps to find out why.',
    { cause },
  );
}

function toRawReply(reply: Reply): RawReply {
  const body = reply.json === undefined ? reply.body : JSON.stringify(reply.json);
  return {
    status: reply.status,
    headers: {
      ...apiHeaders,
      ...(body === undefined ? {} : { 'content-type': reply.contentType ?? 'application/json; charset=utf-8' }),
      ...reply.headers,
    },
    ...(body === undefined ? {} : { body }),
  };
}

function toErrorReply(route: Route, error: WardlineError): RawReply {
  const fhir = route.errors === 'fhir';
  const problem = {
    type: `https://wardline.nhs.uk/error/${error.code}`,
    title: error.code,
    status: error.status,
    detail: error.message,
    errors: error.problems,
  };
  return {
    status: error.status,
    headers: {
      ...apiHeaders,
      'content-type': fhir ? 'application/fhir+json; charset=utf-8' : 'application/problem+json',
      ...(error.status === 401
        ? { 'www-authenticate': `Bearer error="${error.code === 'no-token' ? 'invalid_request' : 'invalid_token'}"` }
        : {}),
      ...(error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) }),
    },
    body: JSON.stringify(fhir ? operationOutcome(error) : problem),
  };
}
