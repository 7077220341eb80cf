import { randomBytes } from 'node:crypto';
import type { Access } from './access/index.ts';
import { type Audit, auditEntry, type EntryFacts } from './audit/index.ts';
import type { Span, Telemetry } from './azure/telemetry.ts';
import type { Call, Clock, Ids } from './context.ts';
import { WardlineError } from './errors.ts';
import { readBytes, readForm, readJson } from './http/body.ts';
import { failedFacts } from './http/failed-facts.ts';
import { knownError } from './http/known-error.ts';
import { createRefusedTokens } from './http/refused-tokens.ts';
import { toErrorReply, toRawReply } from './http/reply.ts';
import type { AuthorisedRequest, GuardedRoute, RawReply, RawRequest, Reply, Route } from './http/types.ts';
import { withSession } from './http/with-session.ts';

export type {
  AuthorisedRequest,
  GuardedRoute,
  PublicRequest,
  RawReply,
  RawRequest,
  Reply,
  Route,
} from './http/types.ts';

/** The edge: everything between the host and a handler. */
export interface Http {
  serve(route: Route, request: RawRequest): Promise<RawReply>;
}

/** Bytes. */
const defaultMaximumBody = 2 * 1024 * 1024;

export function createHttp(deps: {
  access: Pick<Access, 'authenticate' | 'decide'>;
  audit: Pick<Audit, 'record' | 'answered'>;
  clock: Clock;
  ids: Pick<Ids, 'ulid'>;
  telemetry: Pick<Telemetry, 'span' | 'event'>;
}): Http {
  const { access, audit, clock, ids, telemetry } = deps;
  const refusedTokens = createRefusedTokens({
    clock,
    secret: randomBytes(32),
    tell: (refusals) =>
      void telemetry.span('tokensRefused', { kind: 'internal', attributes: { ...refusals } }, async () => {}),
  });

  /** The one entry of a request, durable before its answer. Where that cannot be, there is no answer either. */
  const record = async (call: Call, facts: EntryFacts): Promise<void> => {
    try {
      await audit.record(auditEntry(call, facts));
    } catch (cause) {
      throw new WardlineError('unavailable', 'The audit trail cannot be written, so nothing is answered.', {
        cause,
        retryAfter: 2,
      });
    }
  };

  /** Apart from the trail, so that it can be held to what was answered. */
  const answered = ({ requestId, receivedAt }: Call, { trust, id = requestId }: EntryFacts): void =>
    audit.answered(trust, id, receivedAt);

  async function serveKnown(route: GuardedRoute, request: RawRequest, call: Call): Promise<RawReply> {
    let reply: Reply;
    let raw: RawReply;
    try {
      const coarse = await access.decide(call.actor, { policy: route.policy, trust: call.actor.trust });
      if (!coarse.allowed) throw new WardlineError('forbidden', coarse.detail);
      reply = await route.handler(authorised(route, request, withSession(call, request.headers)));
      raw = toRawReply(reply);
    } catch (cause) {
      const error = knownError(cause, telemetry, route.name);
      const facts = failedFacts(route, request.params, call, error);
      await record(call, facts);
      answered(call, facts);
      return toErrorReply(route, error);
    }
    const facts = answeredFacts(route, call, reply);
    if (reply.audited !== 'in-commit') await record(call, facts);
    answered(call, facts);
    return raw;
  }

  async function answer(route: Route, request: RawRequest, requestId: string, span: Span): Promise<RawReply> {
    if (isPublic(route)) {
      const { method, headers, params } = request;
      return toRawReply(await route.handler({ method, headers, params, query: queryOf(request) }));
    }
    const actor = await access.authenticate(request.headers.get('authorization'));
    const { traceparent } = span;
    return serveKnown(route, request, {
      requestId,
      traceparent,
      actor,
      receivedAt: clock.now(),
      policy: route.policy,
    });
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
            reply = await answer(route, request, requestId, span);
          } catch (cause) {
            const error = knownError(cause, telemetry, route.name);
            if (error.status === 401) refusedTokens.count(request.headers.get('x-forwarded-for'), error.code);
            reply = toErrorReply(route, error);
          }
          span.set('status', reply.status);
          return { ...reply, headers: { 'x-request-id': requestId, ...reply.headers } };
        },
      ),
  };
}

const isPublic = (route: Route): route is Extract<Route, { policy: 'public' }> => route.policy === 'public';
const queryOf = ({ url }: RawRequest): URLSearchParams => new URL(url).searchParams;

function authorised(route: Route, request: RawRequest, call: Call): AuthorisedRequest {
  const { method, headers, params } = request;
  const maximum = route.maximumBody ?? defaultMaximumBody;
  return {
    call,
    method,
    headers,
    params,
    query: queryOf(request),
    json: () => readJson(request, maximum),
    bytes: () => readBytes(request, maximum),
    form: () => readForm(request, maximum),
  };
}

/** What the handler says was disclosed; without a word from it, that its route was used. */
function answeredFacts({ name }: Route, { actor }: Call, { disclosed }: Reply): EntryFacts {
  const { entryId, ...facts } = disclosed ?? { subtype: name, action: 'R' as const };
  return { trust: actor.trust, ...facts, outcome: '0', ...(entryId === undefined ? {} : { id: entryId }) };
}
