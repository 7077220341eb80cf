import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendJson } from '../http-json.ts';
import type { Connection, Permission } from './connection.ts';
import { badRequest, WebPubSubError } from './errors.ts';
import { compileFilter } from './filter.ts';
import type { Audience, Hub } from './hub.ts';
import { readPayload } from './message.ts';
import { makeClientToken } from './token.ts';

/** A REST call: the hub, the names that its path holds, its query, and its body when asked for. */
interface Call {
  readonly hub: Hub;
  readonly names: readonly string[];
  readonly query: URLSearchParams;
  readonly contentType: string | undefined;
  readonly body: () => Promise<Buffer>;
  /** Makes a client's token. */
  readonly makeToken: (claims: Parameters<typeof makeClientToken>[1], minutes: number) => Promise<string>;
}

/** Status, and a JSON body where there is one. */
type Answer = readonly [status: number, body?: object];
type Operation = (call: Call) => Answer | Promise<Answer>;

const maximumMessage = 1024 * 1024;
const maximumPage = 200;

const audience = (kind: 'groups' | 'users' | 'connections') => (name: string) => ({ kind, name }) as const;
const [group, user, one] = [audience('groups'), audience('users'), audience('connections')];

/** https://learn.microsoft.com/rest/api/webpubsub/dataplane/web-pub-sub (2024-12-01): method, path (`*` a name), operation. */
const operations: readonly (readonly [string, string, Operation])[] = [
  ['POST', ':send', (call) => send(call, { kind: 'all' })],
  ['POST', 'groups/*/:send', (call) => send(call, group(nameOf(call)))],
  ['POST', 'users/*/:send', (call) => send(call, user(nameOf(call)))],
  ['POST', 'connections/*/:send', (call) => send(call, one(nameOf(call)))],
  ['POST', ':closeConnections', (call) => close(call, { kind: 'all' })],
  ['POST', 'groups/*/:closeConnections', (call) => close(call, group(nameOf(call)))],
  ['POST', 'users/*/:closeConnections', (call) => close(call, user(nameOf(call)))],
  ['DELETE', 'connections/*', (call) => close(call, one(nameOf(call)))],
  ['HEAD', 'groups/*', (call) => exists(call, group(nameOf(call)))],
  ['HEAD', 'users/*', (call) => exists(call, user(nameOf(call)))],
  ['HEAD', 'connections/*', (call) => exists(call, one(nameOf(call)))],
  ['GET', 'groups/*/connections', listGroup],
  ['PUT', 'groups/*/connections/*', addConnection],
  ['DELETE', 'groups/*/connections/*', (call) => leave(call, one(call.names[1] ?? ''), call.names[0])],
  ['PUT', 'users/*/groups/*', addUser],
  ['DELETE', 'users/*/groups/*', (call) => leave(call, user(nameOf(call)), call.names[1])],
  ['DELETE', 'users/*/groups', (call) => leave(call, user(nameOf(call)), undefined)],
  ['DELETE', 'connections/*/groups', (call) => leave(call, one(nameOf(call)), undefined)],
  ['POST', ':addToGroups', (call) => changeGroups(call, 'join')],
  ['POST', ':removeFromGroups', (call) => changeGroups(call, 'leave')],
  ['PUT', 'permissions/*/connections/*', (call) => permit(call, 'grant')],
  ['DELETE', 'permissions/*/connections/*', (call) => permit(call, 'revoke')],
  ['HEAD', 'permissions/*/connections/*', hasPermission],
  ['POST', ':generateToken', generateToken],
];

/** Answers a REST call to a hub. @param path below the hub, decoded segments. @throws WebPubSubError. */
export async function answerCall(
  request: IncomingMessage,
  response: ServerResponse,
  hub: Hub,
  path: readonly string[],
  query: URLSearchParams,
  key: Uint8Array,
  endpoint: string,
): Promise<void> {
  const found = operations.find(([method, pattern]) => method === request.method && matches(pattern, path));
  if (found === undefined)
    throw new WebPubSubError(404, 'NotFound', `There is no operation ${request.method} at this path.`);
  const [, pattern, operation] = found;
  const names = pattern.split('/').flatMap((part, index) => (part === '*' ? [path[index] ?? ''] : []));
  const [status, body] = await operation({
    hub,
    names,
    query,
    contentType: request.headers['content-type'],
    body: () => readMessage(request),
    makeToken: (claims, minutes) => makeClientToken(`${endpoint}/client/hubs/${hub.name}`, claims, minutes, key),
  });
  if (body !== undefined) return sendJson(response, status, body);
  response.writeHead(status).end();
}

function matches(pattern: string, path: readonly string[]): boolean {
  const parts = pattern.split('/');
  return parts.length === path.length && parts.every((part, index) => part === '*' || part === path[index]);
}

async function readMessage(request: IncomingMessage): Promise<Buffer> {
  try {
    return await readBody(request, maximumMessage);
  } catch (error) {
    throw error instanceof RangeError
      ? new WebPubSubError(413, 'PayloadTooLarge', 'A message has at most 1 MB.')
      : error;
  }
}

const nameOf = ({ names }: Call): string => names[0] ?? '';

async function send(call: Call, to: Audience): Promise<Answer> {
  const { hub, query } = call;
  const excluded = new Set(query.getAll('excluded'));
  const wanted = readFilter(query.get('filter'));
  const ttl = readNumber(query, 'messageTtlSeconds', 0, 300);
  const payload = readPayload(call.contentType, await call.body());
  const recipients = hub.members(to).filter((member) => !excluded.has(member.id) && wanted(member));
  hub.send(
    { from: to.kind === 'groups' ? 'group' : 'server', ...(to.kind === 'groups' && { group: to.name }), ...payload },
    recipients,
    ttl === undefined || ttl === 0 ? undefined : Date.now() + ttl * 1000,
  );
  return [202];
}

function close({ hub, query }: Call, whom: Audience): Answer {
  const excluded = new Set(query.getAll('excluded'));
  const reason = query.get('reason') ?? 'The connection was closed by the application.';
  for (const member of hub.members(whom)) if (!excluded.has(member.id)) hub.close(member, reason);
  return [204];
}

const exists = ({ hub }: Call, whom: Audience): Answer => [hub.members(whom).length > 0 ? 200 : 404];

function listGroup({ hub, names, query }: Call): Answer {
  const page = readNumber(query, 'maxpagesize', 1, maximumPage) ?? maximumPage;
  const top = readNumber(query, 'top', 1, Number.MAX_SAFE_INTEGER) ?? Number.MAX_SAFE_INTEGER;
  const from = Number(query.get('continuationToken') ?? 0);
  if (!Number.isSafeInteger(from) || from < 0) throw badRequest('The continuationToken is not one of this service.');
  const all = hub.members(group(names[0] ?? '')).slice(0, top);
  const next = from + page;
  const following = new URLSearchParams(query);
  following.set('continuationToken', String(next));
  return [
    200,
    {
      value: all.slice(from, next).map(({ id, userId }) => ({ connectionId: id, userId })),
      ...(next < all.length && {
        nextLink: `/api/hubs/${hub.name}/groups/${encodeURIComponent(names[0] ?? '')}/connections?${following}`,
      }),
    },
  ];
}

function addConnection({ hub, names: [name = '', connectionId = ''] }: Call): Answer {
  hub.join(connectionOf(hub, connectionId), name);
  return [200];
}

function addUser({ hub, names: [userId = '', name = ''] }: Call): Answer {
  for (const member of hub.members(user(userId))) hub.join(member, name);
  return [200];
}

/** @param name undefined: all groups. */
function leave({ hub }: Call, whom: Audience, name: string | undefined): Answer {
  for (const member of hub.members(whom))
    if (name === undefined) hub.leaveAll(member);
    else hub.leave(member, name);
  return [204];
}

async function changeGroups(call: Call, change: 'join' | 'leave'): Promise<Answer> {
  const payload = readPayload(call.contentType, await call.body());
  const { groups, filter } = (payload.data ?? {}) as { groups?: unknown; filter?: unknown };
  if (!Array.isArray(groups) || !groups.every((name) => typeof name === 'string' && name !== ''))
    throw badRequest('The body needs groups, an array of names.');
  if (typeof filter !== 'string') throw badRequest('The body needs a filter.');
  const wanted = readFilter(filter);
  for (const member of call.hub.all()) if (wanted(member)) for (const name of groups) call.hub[change](member, name);
  return [200];
}

function permit({ hub, names: [permission = '', connectionId = ''], query }: Call, change: 'grant' | 'revoke'): Answer {
  const target = query.get('targetName') ?? undefined;
  connectionOf(hub, connectionId)[change](readPermission(permission), target);
  return [change === 'grant' ? 200 : 204];
}

function hasPermission({ hub, names: [permission = '', connectionId = ''], query }: Call): Answer {
  const member = hub.get(connectionId);
  return [member?.may(readPermission(permission), query.get('targetName') ?? undefined) ? 200 : 404];
}

async function generateToken({ query, makeToken }: Call): Promise<Answer> {
  const kind = query.get('clientType') ?? 'default';
  if (kind.toLowerCase() !== 'default')
    throw new WebPubSubError(400, 'NotSupported', `Clients of type ${kind} are not supported here.`);
  const minutes = readNumber(query, 'minutesToExpire', 1, 30 * 24 * 60) ?? 60;
  const claims = {
    userId: query.get('userId') ?? undefined,
    roles: query.getAll('role'),
    groups: query.getAll('group'),
  };
  return [200, { token: await makeToken(claims, minutes) }];
}

function connectionOf(hub: Hub, id: string): Connection {
  const found = hub.get(id);
  if (found === undefined) throw new WebPubSubError(404, 'NotFound', 'There is no such connection.');
  return found;
}

function readPermission(text: string): Permission {
  if (text === 'joinLeaveGroup' || text === 'sendToGroup') return text;
  throw badRequest('The permission must be joinLeaveGroup or sendToGroup.');
}

function readFilter(text: string | null): (member: Connection) => boolean {
  if (text === null || text.trim() === '') return () => true;
  const passes = compileFilter(text);
  return ({ id, userId, groups }) => passes({ connectionId: id, userId, groups });
}

function readNumber(query: URLSearchParams, name: string, least: number, most: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw badRequest(`${name} must be a whole number from ${least} to ${most}.`);
  return value;
}
