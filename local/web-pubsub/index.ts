import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { entraTokenVerifier } from '../entra-token.ts';
import { sendJson } from '../http-json.ts';
import { listenOnBoth } from '../http-server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import type { LocalCertificate } from '../tls.ts';
import { receiveFrame } from './client-frames.ts';
import { Connection, type Protocol } from './connection.ts';
import { WebPubSubError } from './errors.ts';
import { type EventHandler, EventHandlers } from './event-handlers.ts';
import { Hub } from './hub.ts';
import { answerCall } from './rest.ts';
import { anonymous, authorizeServer, type ClientClaims, readClientToken } from './token.ts';

export interface WebPubSubOptions extends ServerOptions {
  readonly key: string;
  readonly hubs: readonly string[];
  readonly eventHandlers?: readonly EventHandler[];
  /** Hubs that clients without a token may ask to enter; their event handler's `connect` decides. */
  readonly anonymousHubs?: readonly string[];
  /** Endpoint of the identity server whose tokens servers may use beside the key; undefined: the key only. */
  readonly issuer?: string;
  /** Certificate for clients that speak TLS; the same port takes both. */
  readonly tls?: LocalCertificate;
}

interface Entered {
  readonly hub: Hub;
  readonly handlers: EventHandlers;
  readonly connection: Connection;
  /** Groups that a new client starts in; undefined: it comes back. */
  readonly groups: readonly string[] | undefined;
  readonly subprotocol: string | undefined;
}

const protocols: readonly string[] = [
  'json.webpubsub.azure.v1',
  'json.reliable.webpubsub.azure.v1',
] satisfies NonNullable<Protocol>[];
const maximumFrame = 1024 * 1024;
/** Frames of one client that wait to be handled. */
const maximumWaiting = 100;

/** Starts a Web PubSub service: REST data plane and WebSocket clients. Connections live in memory, as there. */
export async function startWebPubSub(options: WebPubSubOptions): Promise<RunningServer> {
  const service = new Service(options);
  const server = createServer((request, response) => {
    service.call(request, response).catch((error: unknown) => {
      if (!(error instanceof WebPubSubError)) service.log(`web-pubsub: ${String(error)}`);
      const { status, body } =
        error instanceof WebPubSubError ? error : new WebPubSubError(500, 'InternalServerError', 'The call failed.');
      if (response.headersSent) response.destroy();
      else if (request.method === 'HEAD') response.writeHead(status).end();
      else sendJson(response, status, body, status === 413 ? { connection: 'close' } : {});
    });
  });
  server.on('upgrade', (request, socket, head) => void service.upgrade(request, socket, head));
  const running = await listenOnBoth(server, options.port, options.tls);
  service.endpoint = `http://localhost:${running.port}`;
  return {
    port: running.port,
    endpoint: service.endpoint,
    async close() {
      service.end();
      await running.close();
    },
  };
}

class Service {
  endpoint = '';
  readonly log: (line: string) => void;
  readonly #key: Uint8Array;
  readonly #hubs: ReadonlyMap<string, { readonly hub: Hub; readonly handlers: EventHandlers }>;
  readonly #anonymousHubs: readonly string[];
  readonly #verifyToken: ReturnType<typeof entraTokenVerifier> | undefined;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maximumFrame,
    perMessageDeflate: false,
    // The protocol is chosen before the handshake; the client must see it echoed (RFC 6455 section 4.2.2).
    handleProtocols: (_offered, request) => this.#chosen.get(request) ?? false,
  });
  readonly #chosen = new WeakMap<IncomingMessage, string>();

  constructor({ key, hubs, eventHandlers = [], anonymousHubs = [], issuer, log = () => {} }: WebPubSubOptions) {
    this.log = log;
    this.#key = new TextEncoder().encode(key);
    this.#anonymousHubs = anonymousHubs;
    this.#verifyToken =
      issuer === undefined ? undefined : entraTokenVerifier({ issuer, audiences: ['https://webpubsub.azure.com'] });
    const origin = (): string => new URL(this.endpoint).host;
    this.#hubs = new Map(
      hubs.map((name) => {
        const handlers = new EventHandlers({ hub: name, key, handlers: eventHandlers, origin, log });
        const hub = new Hub(name, (connection, reason) => void handlers.notify('disconnected', connection, reason));
        return [name.toLowerCase(), { hub, handlers }];
      }),
    );
  }

  end(): void {
    for (const client of this.#sockets.clients) client.terminate();
  }

  async call(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.endpoint);
    if (url.pathname === '/api/health') return void response.writeHead(200).end();
    const [api, word, name = '', ...path] = segments(url.pathname);
    if (api !== 'api' || word !== 'hubs') throw new WebPubSubError(404, 'NotFound', 'There is nothing at this path.');
    await authorizeServer(request.headers.authorization, request.url ?? '/', this.#key, this.#verifyToken);
    const { hub } = this.#hubOf(name);
    await answerCall(request, response, hub, path, url.searchParams, this.#key, this.endpoint);
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const entered = await this.#enter(request);
      if (entered.subprotocol !== undefined) this.#chosen.set(request, entered.subprotocol);
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#serve(opened, entered));
    } catch (error) {
      const { status, message } =
        error instanceof WebPubSubError ? error : { status: 500, message: 'The connection failed.' };
      if (!(error instanceof WebPubSubError)) this.log(`web-pubsub: ${String(error)}`);
      const body = JSON.stringify({ message });
      socket.end(
        `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    }
  }

  /** Lets a client in, or lets it come back. @throws WebPubSubError with the status of the refusal. */
  async #enter(request: IncomingMessage): Promise<Entered> {
    const url = new URL(request.url ?? '/', this.endpoint);
    const [client, word, name = '', ...more] = segments(url.pathname);
    if (client !== 'client' || word !== 'hubs' || more.length > 0)
      throw new WebPubSubError(404, 'NotFound', 'Clients connect to /client/hubs/{hub}.');
    const { hub, handlers } = this.#hubOf(name);
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
    const known = offered.find((one) => protocols.includes(one));
    const returning = url.searchParams.get('awps_connection_id');
    if (returning !== null) {
      const connection = hub.get(returning);
      if (connection?.reconnectionToken !== url.searchParams.get('awps_reconnection_token') || !connection?.reliable)
        throw new WebPubSubError(404, 'NotFound', 'The connection cannot be recovered.');
      return { hub, handlers, connection, groups: undefined, subprotocol: connection.protocol };
    }
    const claims = await this.#claims(url, request, hub.name);
    const id = randomBytes(16).toString('base64url');
    const subprotocols = offered.filter((one) => one !== '');
    const { state, ...said } = await handlers.connect(id, {
      claims,
      query: url.searchParams,
      headers: request.headers,
      subprotocols,
    });
    const subprotocol = said.subprotocol ?? known;
    if (subprotocols.length > 0 && (subprotocol === undefined || !subprotocols.includes(subprotocol)))
      throw new WebPubSubError(400, 'NotSupported', `There is no subprotocol ${subprotocols.join(', ')} here.`);
    const roles = [...claims.roles, ...(said.roles ?? [])];
    const connection = new Connection(
      id,
      { ...claims, userId: said.userId ?? claims.userId, roles },
      protocols.includes(subprotocol ?? '') ? (subprotocol as Protocol) : undefined,
    );
    connection.state = state;
    return { hub, handlers, connection, groups: [...claims.groups, ...(said.groups ?? [])], subprotocol };
  }

  async #claims(url: URL, request: IncomingMessage, hub: string): Promise<ClientClaims> {
    const header = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const token = url.searchParams.get('access_token') ?? header;
    if (token === undefined && this.#anonymousHubs.includes(hub)) return anonymous;
    const claims = token === undefined ? undefined : await readClientToken(token, hub, this.#key);
    if (claims === undefined)
      throw new WebPubSubError(401, 'Unauthorized', 'The access token is missing, expired, or not for this hub.');
    return claims;
  }

  #serve(socket: WebSocket, { hub, handlers, connection, groups }: Entered): void {
    let work: Promise<void> = Promise.resolve();
    let waiting = 0;
    const enqueue = (job: () => Promise<void>): void => {
      // A client that sends faster than its event handler answers is read no further for now.
      if (++waiting === maximumWaiting) socket.pause();
      work = work
        .then(job)
        .catch((error: unknown) => this.log(`web-pubsub: ${String(error)}`))
        .finally(() => {
          if (waiting-- === maximumWaiting) socket.resume();
        });
    };
    socket.on('message', (data, isBinary) => enqueue(() => receiveFrame(data, isBinary, connection, hub, handlers)));
    socket.on('error', () => socket.terminate());
    socket.on('close', (_code, reason) => hub.lost(connection, socket, String(reason)));
    if (groups !== undefined) hub.add(connection, groups);
    connection.attach(socket, Date.now());
    if (groups !== undefined) enqueue(() => handlers.notify('connected', connection));
  }

  #hubOf(name: string): { readonly hub: Hub; readonly handlers: EventHandlers } {
    const found = this.#hubs.get(name.toLowerCase());
    if (found === undefined) throw new WebPubSubError(404, 'NotFound', `There is no hub ${name}.`);
    return found;
  }
}

/** The decoded segments of a path. @throws WebPubSubError 400. */
function segments(path: string): string[] {
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    throw new WebPubSubError(400, 'InvalidRequest', 'The path is not encoded as it should be.');
  }
}
