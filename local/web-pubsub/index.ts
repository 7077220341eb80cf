import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { readBody, sendJson } from '../http-json.ts';
import { listen } from '../http-server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import { Connection } from './connection.ts';
import { isServiceToken, readClientToken } from './token.ts';

export interface WebPubSubOptions extends ServerOptions {
  readonly key: string;
  readonly hubs: readonly string[];
}

const protocols = ['json.webpubsub.azure.v1', 'json.reliable.webpubsub.azure.v1'];
const maximumFrame = 1024 * 1024;
/** How long a reliable client may be away. */
const recoverFor = 60_000;

/** Starts a Web PubSub service: REST data plane and the two JSON client protocols. Connections live in memory, as there. */
export async function startWebPubSub(options: WebPubSubOptions): Promise<RunningServer> {
  const key = new TextEncoder().encode(options.key);
  const hubs = new Map(options.hubs.map((hub) => [hub, new Map<string, Connection>()]));
  const server = createServer(
    (request, response) =>
      void rest(request, response, hubs, key).catch(() =>
        sendJson(response, 400, { error: 'The request is malformed.' }),
      ),
  );
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maximumFrame,
    handleProtocols: (offered) => protocols.find((one) => offered.has(one)) ?? false,
  });
  server.on('upgrade', async (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const hub = /^\/client\/hubs\/([^/]+)$/.exec(url.pathname)?.[1] ?? '';
    const connections = hubs.get(hub);
    const refuse = (status: string): void =>
      void socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    if (connections === undefined) return refuse('404 Not Found');
    const claims = await readClientToken(url.searchParams.get('access_token'), hub, key);
    const known = connections.get(url.searchParams.get('awps_connection_id') ?? '');
    const recovers = known !== undefined && known.reconnectionToken === url.searchParams.get('awps_reconnection_token');
    if (claims === undefined && !recovers) return refuse('401 Unauthorized');
    sockets.handleUpgrade(request, socket, head, (opened) => {
      const connection = recovers
        ? known
        : new Connection(claims ?? { userId: undefined, roles: [], groups: [] }, opened.protocol === protocols[1]);
      serve(opened, connection, connections, recovers);
    });
  });
  const running = await listen(server, options.port);
  return {
    port: running.port,
    endpoint: `http://localhost:${running.port}`,
    async close() {
      for (const client of sockets.clients) client.terminate();
      await running.close();
    },
  };
}

function serve(
  socket: WebSocket,
  connection: Connection,
  connections: Map<string, Connection>,
  recovered: boolean,
): void {
  connections.set(connection.id, connection);
  if (!recovered) {
    socket.send(
      JSON.stringify({
        type: 'system',
        event: 'connected',
        userId: connection.claims.userId,
        connectionId: connection.id,
        ...(connection.reliable ? { reconnectionToken: connection.reconnectionToken } : {}),
      }),
    );
  }
  connection.attach(socket);
  socket.on('message', (data) => receive(data, socket, connection, connections));
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    connection.detach(socket);
    const forget = (): void => void (connection.open || connections.delete(connection.id));
    if (connection.reliable) setTimeout(forget, recoverFor).unref();
    else forget();
  });
}

function receive(data: RawData, socket: WebSocket, connection: Connection, connections: Map<string, Connection>): void {
  let message: Readonly<Record<string, unknown>>;
  try {
    message = JSON.parse(String(data));
    if (typeof message !== 'object' || message === null) throw new TypeError('not an object');
  } catch {
    // The service closes a connection that breaks the protocol.
    return socket.close(1008, 'The frame is no JSON object.');
  }
  const group = String(message['group'] ?? '');
  const acknowledge = (success: boolean, name = 'Forbidden'): void => {
    if (message['ackId'] === undefined) return;
    connection.reply({
      type: 'ack',
      ackId: message['ackId'],
      success,
      ...(success ? {} : { error: { name, message: `The operation is not allowed: ${String(message['type'])}.` } }),
    });
  };
  switch (message['type']) {
    case 'joinGroup':
    case 'leaveGroup':
      if (!connection.may('joinLeaveGroup', group)) return acknowledge(false);
      if (message['type'] === 'joinGroup') connection.groups.add(group);
      else connection.groups.delete(group);
      return acknowledge(true);
    case 'sendToGroup': {
      if (!connection.may('sendToGroup', group)) return acknowledge(false);
      const skip = message['noEcho'] === true ? connection : undefined;
      for (const other of connections.values()) {
        if (other !== skip && other.groups.has(group))
          other.deliver({
            type: 'message',
            from: 'group',
            fromUserId: connection.claims.userId,
            group,
            dataType: message['dataType'] ?? 'json',
            data: message['data'],
          });
      }
      return acknowledge(true);
    }
    case 'sequenceAck':
      return connection.acknowledge(Number(message['sequenceId']));
    case 'ping':
      return connection.reply({ type: 'pong' });
    default:
      return acknowledge(false, 'NotSupported');
  }
}

/** `POST /api/hubs/{hub}/:send`, `…/groups/{g}/:send`, `…/users/{u}/:send`, `…/connections/{c}/:send`. */
async function rest(
  request: IncomingMessage,
  response: ServerResponse,
  hubs: ReadonlyMap<string, Map<string, Connection>>,
  key: Uint8Array,
): Promise<void> {
  const target = request.url ?? '/';
  if (!(await isServiceToken(request.headers.authorization, `http://localhost${target}`, key)))
    return sendJson(response, 401, { error: 'The token is missing or not valid for this address.' });
  const [api, word, hub = '', ...rest] = decodeURIComponent(new URL(target, 'http://localhost').pathname)
    .split('/')
    .filter((part) => part !== '');
  const connections = hubs.get(hub);
  if (api !== 'api' || word !== 'hubs' || connections === undefined)
    return sendJson(response, 404, { error: 'There is no such hub.' });
  const all = [...connections.values()];
  const [kind, name] = rest;
  if (request.method === 'HEAD') {
    const exists = all.some(
      (one) =>
        one.open &&
        (kind === 'groups'
          ? one.groups.has(name ?? '')
          : kind === 'users'
            ? one.claims.userId === name
            : one.id === name),
    );
    return void response.writeHead(exists ? 200 : 404).end();
  }
  if (request.method !== 'POST' || rest.at(-1) !== ':send')
    return sendJson(response, 501, { error: 'This operation is not supported by this server.' });
  const body = (await readBody(request, maximumFrame)).toString();
  const json = /application\/json/.test(request.headers['content-type'] ?? '');
  const message = { type: 'message', dataType: json ? 'json' : 'text', data: json ? JSON.parse(body) : body };
  for (const one of all) {
    if (kind === 'groups' && one.groups.has(name ?? '')) one.deliver({ ...message, from: 'group', group: name });
    else if (
      kind === ':send' ||
      (kind === 'users' && one.claims.userId === name) ||
      (kind === 'connections' && one.id === name)
    )
      one.deliver({ ...message, from: 'server' });
  }
  response.writeHead(202).end();
}
