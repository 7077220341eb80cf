import { createServer as createPlain, type RequestListener, type ServerOptions } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { type LocalCertificate, readCertificate } from './tls.ts';

/** The first byte of a TLS connection: a handshake record (RFC 8446, section 5.1). */
const handshake = 0x16;

/**
 * An HTTP server that speaks TLS too, on the same port: some clients want http on this machine, others send their tokens
 * over https alone.
 */
export function createTlsOrPlainServer(
  options: ServerOptions,
  tls: LocalCertificate,
  listener: RequestListener,
): Server & { closeAllConnections(): void } {
  const plain = createPlain(options, listener);
  const secure = createSecure({ ...options, ...readCertificate(tls) }, listener);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('data', (chunk) => {
      socket.pause();
      socket.unshift(chunk);
      if (chunk[0] === handshake) {
        // The TLS socket takes what is buffered by itself; resuming would hand it to nobody.
        secure.emit('connection', socket);
      } else {
        plain.emit('connection', socket);
        socket.resume();
      }
    });
  });
  return Object.assign(server, {
    closeAllConnections() {
      for (const socket of sockets) socket.destroy();
    },
  });
}
