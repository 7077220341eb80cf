import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision } from '../access/index.ts';
import type { AuditEntry } from '../audit/index.ts';
import { createTelemetry } from '../azure/telemetry.ts';
import type { Actor } from '../context.ts';
import { type ErrorCode, errorCodes, WardlineError } from '../errors.ts';
import { createHttp, type RawReply, type RawRequest, type Reply, type Route } from '../http.ts';
import type { GuardedRoute } from './types.ts';

const nurse: Actor = {
  kind: 'staff',
  id: 'a-nurse',
  displayName: 'Ada Okafor',
  role: 'nurse',
  trust: 'RR8',
  teams: ['RR8-J09-nursing'],
};

interface Edge {
  entries: AuditEntry[];
  /** Ids of entries that answers were noted to have. */
  answered: string[];
  log: string[];
  serve(
    route: Route,
    request?: Partial<Omit<RawRequest, 'headers'>> & { headers?: Record<string, string> },
  ): Promise<RawReply>;
}

/** An edge whose neighbours do as the test says. */
function edge(
  options: { decision?: Decision; refuse?: ErrorCode; auditFails?: boolean; beforeAudit?: () => Promise<void> } = {},
): Edge {
  const entries: AuditEntry[] = [];
  const log: string[] = [];
  const answered: string[] = [];
  let ids = 0;
  const http = createHttp({
    access: {
      async authenticate() {
        if (options.refuse !== undefined) throw new WardlineError(options.refuse, 'Refused.');
        return nurse;
      },
      decide: async () => options.decision ?? { allowed: true, basis: 'team' },
    },
    audit: {
      async record(entry) {
        await options.beforeAudit?.();
        if (options.auditFails) throw new Error('neither queue nor outbox');
        entries.push(entry);
      },
      answered: (_trust, id) => void answered.push(id),
    },
    clock: { now: () => new Date('2026-11-24T10:00:30Z') },
    ids: { ulid: () => `ulid-${++ids}` },
    telemetry: createTelemetry({ load: undefined, write: (_level, line) => log.push(line) }),
  });
  return {
    entries,
    answered,
    log,
    serve: (route, { headers, ...request } = {}) =>
      http.serve(route, {
        method: route.method,
        url: 'http://localhost/x?name=Planted',
        params: {},
        body: async () => new Uint8Array(),
        traceparent: undefined,
        ...request,
        headers: new Headers(headers),
      }),
  };
}

const routeOf = (handler: GuardedRoute['handler'], method: Route['method'] = 'GET'): GuardedRoute => ({
  name: 'aRoute',
  method,
  route: 'x',
  errors: 'problem',
  policy: 'record:read',
  handler,
});
const answering = (reply: Reply): GuardedRoute => routeOf(async () => reply);
const bodyOf = (reply: RawReply): Record<string, unknown> => JSON.parse(String(reply.body));
const sending = (value: unknown) => ({
  headers: { 'content-type': 'application/json' },
  body: async () => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)),
});
const reading = routeOf(async ({ json }) => ({ status: 200, json: await json() }), 'POST');

test('every answer names its request and is kept by nobody', async () => {
  const { headers } = await edge().serve(answering({ status: 200, json: {} }));
  assert.equal(headers['x-request-id'], 'ulid-1');
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/);
});

test('every answered request of a known caller has exactly one entry, whatever comes of it', async () => {
  const outcomes: [Route, number, AuditEntry['outcome'], Parameters<typeof edge>[0]?][] = [
    [answering({ status: 200, json: {} }), 200, '0'],
    [answering({ status: 304 }), 304, '0'],
    [answering({ status: 200, body: new Uint8Array(3), contentType: 'application/octet-stream' }), 200, '0'],
    [answering({ status: 200, json: {} }), 403, '4', { decision: { allowed: false, reason: 'team', detail: 'No.' } }],
    [routeOf(() => Promise.reject(new WardlineError('not-found', 'No.'))), 404, '4'],
    [routeOf(() => Promise.reject(new Error('boom'))), 500, '8'],
    [routeOf(() => Promise.reject('a text')), 500, '8'],
    [
      routeOf(() => {
        throw new TypeError('not even a promise');
      }),
      500,
      '8',
    ],
    [answering({ status: 200, json: 1n }), 500, '8'],
    [reading, 400, '4'],
  ];
  for (const [route, status, outcome, options] of outcomes) {
    const { entries, answered, serve } = edge(options);
    assert.equal((await serve(route)).status, status);
    assert.deepEqual(answered, ['ulid-1'], 'noted apart from the trail');
    assert.equal(entries.length, 1, String(status));
    assert.equal(entries[0]?.outcome, outcome);
    assert.equal(entries[0]?.id, 'ulid-1');
  }
});

test('what a commit audited itself is not audited again', async () => {
  const { entries, answered, serve } = edge();
  await serve(answering({ status: 201, json: {}, audited: 'in-commit' }));
  assert.equal(entries.length, 0);
  assert.deepEqual(answered, ['ulid-1'], 'and noted all the same');
});

test('what shares an entry with others is noted under the id of that', async () => {
  const { answered, serve } = edge();
  await serve(answering({ status: 200, json: {}, disclosed: { subtype: 'board', action: 'R', entryId: 'session' } }));
  assert.deepEqual(answered, ['session']);
});

test('what was not answered for want of an entry is not noted as answered', async () => {
  const { answered, serve } = edge({ auditFails: true });
  assert.equal((await serve(answering({ status: 200, json: {} }))).status, 503);
  assert.deepEqual(answered, []);
});

test('a viewing session has its own entry, whoever of it asks', async () => {
  const { entries, serve } = edge();
  const disclosed = { subtype: 'board-view', action: 'R', entryId: 'session-1', patients: ['p'] } as const;
  await serve(answering({ status: 200, json: {}, disclosed }));
  await serve(answering({ status: 304, disclosed }));
  assert.deepEqual([...new Set(entries.map(({ id }) => id))], ['session-1']);
});

test('the entry is durable before the answer', async () => {
  let written = false;
  const { serve } = edge({
    async beforeAudit() {
      await new Promise((resolve) => setTimeout(resolve, 20));
      written = true;
    },
  });
  await serve(answering({ status: 200, json: {} }));
  assert.equal(written, true);
});

test('without an entry there is no answer', async () => {
  for (const route of [answering({ status: 200, json: { secret: 1 } }), routeOf(() => Promise.reject(new Error()))]) {
    const reply = await edge({ auditFails: true }).serve(route);
    assert.equal(reply.status, 503);
    assert.equal(reply.headers['retry-after'], '2');
    assert.doesNotMatch(String(reply.body), /secret/);
  }
});

test('every error code becomes its status, as FHIR and as problem+json', async () => {
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    const failing = routeOf(() => Promise.reject(new WardlineError(code, 'Change it.', { retryAfter: 7 })));
    const problem = await edge().serve(failing);
    assert.equal(problem.status, errorCodes[code].status);
    assert.equal(problem.headers['content-type'], 'application/problem+json');
    assert.equal(problem.headers['retry-after'], '7');
    assert.equal(bodyOf(problem)['title'], code);
    const fhir = await edge().serve({ ...failing, errors: 'fhir' });
    assert.equal(fhir.headers['content-type'], 'application/fhir+json; charset=utf-8');
    assert.equal(bodyOf(fhir)['resourceType'], 'OperationOutcome');
  }
});

test('who is not known is told how to sign in, and leaves no entry', async () => {
  for (const code of ['no-token', 'invalid-token', 'expired-token'] as const) {
    const { entries, serve } = edge({ refuse: code });
    const reply = await serve(answering({ status: 200, json: {} }));
    assert.equal(reply.status, 401);
    assert.match(reply.headers['www-authenticate'] ?? '', /^Bearer realm="wardline"/);
    assert.equal(/error=/.test(reply.headers['www-authenticate'] ?? ''), code !== 'no-token');
    assert.equal(entries.length, 0);
  }
});

test('a public route asks nobody and leaves no entry', async () => {
  const { entries, serve } = edge({ refuse: 'no-token' });
  const handler = async () => ({ status: 200, json: { status: 'ok' } });
  assert.equal((await serve({ ...answering({ status: 200 }), policy: 'public', handler })).status, 200);
  assert.equal(entries.length, 0);
});

test('an unexpected error tells nothing of itself, and the log keeps its class and place only', async () => {
  const { log, serve } = edge();
  const reply = await serve(
    routeOf(() => Promise.reject(new RangeError('Planted name\n    at Planted (Planted surname)\n999 000 0018'))),
  );
  assert.equal(reply.status, 500);
  assert.doesNotMatch(String(reply.body), /Planted|999|RangeError/);
  const [line = ''] = log;
  assert.match(line, /RangeError/);
  assert.match(line, /http\.test\.ts/);
  assert.doesNotMatch(line, /Planted|999 000/);
});

test('bodies are read within size, type, form and depth', async () => {
  const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const cases: [Parameters<Edge['serve']>[1], number][] = [
    [sending({ a: 1 }), 200],
    [sending(nested(60)), 200],
    [sending(nested(62)), 400],
    [sending(nested(200_000)), 400],
    [sending('{"a":'), 400],
    [{ ...sending({}), body: async () => new Uint8Array([0x22, 0xff, 0x22]) }, 400],
    [{ ...sending({}), headers: { 'content-type': 'application/fhir+json; charset=utf-8' } }, 200],
    [{ ...sending({}), headers: { 'content-type': 'application/xml' } }, 415],
    [{ ...sending({}), headers: { 'content-type': 'application/jsonp' } }, 415],
    [sending(`"${'x'.repeat(2 * 1024 * 1024)}"`), 413],
  ];
  for (const [request, status] of cases) assert.equal((await edge().serve(reading, request)).status, status);
});

test('what announces itself as too large is not read', async () => {
  let read = false;
  const reply = await edge().serve(reading, {
    headers: { 'content-type': 'application/json', 'content-length': '999999999' },
    body: async () => {
      read = true;
      return new Uint8Array();
    },
  });
  assert.deepEqual([reply.status, read], [413, false]);
});

test('form fields are read as such only', async () => {
  const route = routeOf(async ({ form }) => ({ status: 200, json: [...(await form())] }), 'POST');
  const body = async () => new TextEncoder().encode('code=1&code=2');
  const good = await edge().serve(route, { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
  assert.equal(good.body, '[["code","1"],["code","2"]]');
  assert.equal((await edge().serve(route, { headers: { 'content-type': 'application/json' }, body })).status, 415);
});

test('a session token is passed on as it was given, and invented ones are refused', async () => {
  const route = routeOf(async ({ call }) => ({ status: 200, json: { session: call.session } }));
  const token = '0:-1#17#1=5,1:-1#9';
  assert.deepEqual(bodyOf(await edge().serve(route, { headers: { 'x-wardline-session': token } })), { session: token });
  assert.deepEqual(bodyOf(await edge().serve(route, { headers: { 'x-wardline-session': '' } })), {});
  for (const invented of ['x', '0:', "0:-1#1' OR 1=1", `0:${'1'.repeat(9_000)}`, `${token},`]) {
    const { entries, serve } = edge();
    assert.equal((await serve(route, { headers: { 'x-wardline-session': invented } })).status, 400, invented);
    assert.equal(entries.length, 1);
  }
});

test('whom somebody tried to see without being allowed to stands in the entry, but nothing else that they wrote', async () => {
  const refused = routeOf(() => Promise.reject(new WardlineError('forbidden', 'No.')));
  const tried = async (params: Record<string, string>, route = refused): Promise<AuditEntry | undefined> => {
    const { entries, serve } = edge();
    await serve(route, { params });
    return entries[0];
  };
  const token = '0a1b2c3d4e5f';
  const observation = `${token}.01HZZZZZZZZZZZZZZZZZZZZZZZ`;
  assert.deepEqual((await tried({ type: 'Patient', id: token }))?.patients, [token]);
  assert.deepEqual((await tried({ type: 'Observation', id: observation }))?.patients, [token]);
  assert.deepEqual((await tried({ type: 'Patient', id: token, ods: 'RXF' }))?.patients, []);
  for (const id of ['9990000018', '999000001812', 'Planted-Name']) {
    const entry = await tried({ type: 'Patient', id });
    assert.ok(entry && !JSON.stringify(entry).includes(id), id);
  }
  const missing = routeOf(() => Promise.reject(new WardlineError('not-found', 'No.')));
  assert.deepEqual((await tried({ type: 'Patient', id: token }, missing))?.patients, []);
});
