import { once } from 'node:events';
import type { Server } from 'node:net';

/**
 * Lets a server listen on the loopback interface only.
 * @param port 0: any free one. @throws Error that names a busy port and what to do.
 */
export async function listen(
  server: Server & { closeAllConnections(): void },
  port: number,
): Promise<{ port: number; close: () => Promise<void> }> {
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
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
