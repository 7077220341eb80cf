import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createSocketServer, type Socket, type Server as SocketServer } from 'node:net';
import { type LocalCertificate, readCertificate } from './tls.ts';

/** A server on a port of the loopback interface. */
export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Lets a server listen on the loopback interface only.
 * @param port 0: any free one. @throws Error that names a busy port and what to do.
 */
export async function listen(server: Server, port: number): Promise<Listening> {
  return {
    port: await bind(server, port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Bytes; session tokens and bearer tokens together are larger than Node's default. */
export const maxHeaderSize = 64 * 1024;

/** First byte of a TLS record that opens a handshake (RFC 8446 section 5.1). */
const handshakeRecord = 0x16;

/**
 * Lets a server listen for HTTP and, given a certificate, for HTTPS on the same port: the first byte of a connection
 * tells which. Clients send bearer tokens over TLS only, and keys over either.
 */
export async function listenOnBoth(
  server: Server,
  port: number,
  certificate: LocalCertificate | undefined,
): Promise<Listening> {
  if (certificate === undefined) return listen(server, port);
  const secure = createTlsServer({ ...readCertificate(certificate), maxHeaderSize });
  for (const event of ['request', 'upgrade', 'checkContinue', 'clientError'])
    if (server.listenerCount(event) > 0) secure.on(event, (...given: unknown[]) => server.emit(event, ...given));
  const sockets = new Set<Socket>();
  const front = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      (first[0] === handshakeRecord ? secure : server).emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
  return {
    port: await bind(front, port),
    close: () =>
      new Promise((resolve) => {
        front.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function bind(server: Server | SocketServer, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    const busy = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    throw busy
      ? new Error(`Port ${port} is busy. Stop what uses it, or start with another --port-base.`, { cause })
      : cause;
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
