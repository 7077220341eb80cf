import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import { type LocalCertificate, readCertificate } from '../tls.ts';

/** The first byte of a TLS handshake (RFC 8446, 5.1), and of AMQP's protocol header. */
const firstByte = { tls: 0x16, amqp: 0x41 } as const;
/** Milliseconds that a client has to say what it speaks. */
const patience = 30_000;
const webSocketPath = '/$servicebus/websocket';

export interface FrontOptions {
  /** 0: any free port. */
  readonly ports: readonly number[];
  /** Without it, TLS is refused. */
  readonly tls: LocalCertificate | undefined;
  acceptAmqp(socket: Socket): void;
  acceptWebSocket(socket: WebSocket): void;
  readonly administration: RequestListener;
}

/**
 * Listens, and tells by its first byte what a client speaks: AMQP, HTTP (the administration API, AMQP over WebSocket),
 * or TLS with either in it. So one connection string serves every client, as a namespace has one name for all.
 * @returns the ports. @throws Error that names a busy port and what to do
 */
export async function startFront(options: FrontOptions): Promise<{ ports: number[]; close: () => Promise<void> }> {
  const http = createHttpServer(options.administration);
  const webSockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (protocols) => (protocols.has('AMQPWSB10') ? 'AMQPWSB10' : false),
  });
  http.on('upgrade', (request, socket, head) => {
    if (request.url?.toLowerCase().startsWith(webSocketPath) !== true) socket.destroy();
    else webSockets.handleUpgrade(request, socket, head, options.acceptWebSocket);
  });
  const context = options.tls === undefined ? undefined : createSecureContext(readCertificate(options.tls));
  const sockets = new Set<Socket>();
  const route = (socket: Socket, isSecure: boolean): void => {
    // Errors of a socket end it; there is nobody else to tell.
    socket.on('error', () => socket.destroy());
    const timer = setTimeout(() => socket.destroy(), patience);
    socket.once('close', () => clearTimeout(timer));
    socket.once('readable', () => {
      clearTimeout(timer);
      const first: Buffer | null = socket.read();
      if (first === null) return void socket.destroy();
      socket.unshift(first);
      if (first[0] === firstByte.amqp) options.acceptAmqp(socket);
      else if (first[0] !== firstByte.tls) http.emit('connection', socket);
      else if (isSecure || context === undefined) socket.destroy();
      else route(new TLSSocket(socket, { isServer: true, secureContext: context }), true);
    });
  };
  const servers = await Promise.all(
    options.ports.map((port) =>
      listenOn(port, (socket) => {
        socket.setNoDelay(true);
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        route(socket, false);
      }),
    ),
  );
  return {
    ports: servers.map(({ port }) => port),
    async close() {
      const closed = servers.map(({ server }) => once(server, 'close'));
      for (const { server } of servers) server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}

async function listenOn(port: number, accept: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer(accept);
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    const busy = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    if (!busy) throw cause;
    throw new Error(`Port ${port} is busy. Stop what uses it, or start with another --port-base.`, { cause });
  }
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : port };
}
