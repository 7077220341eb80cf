import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { listen } from '../http-server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import { Broker } from './broker.ts';
import type { EmulatorConfig } from './entities.ts';
import { refuseSas } from './sas.ts';
import { Store } from './store.ts';

export type { EmulatorConfig } from './entities.ts';

export interface ServiceBusOptions extends ServerOptions {
  /** Key of RootManageSharedAccessKey. */
  readonly key: string;
  readonly config: EmulatorConfig;
  /** Port of the HTTP administration: `GET /entities`. */
  readonly administrationPort: number;
}

/** Starts a Service Bus namespace (AMQP 1.0) that keeps its messages in `<state>/service-bus.db`. */
export async function startServiceBus(
  options: ServiceBusOptions,
): Promise<RunningServer & { readonly administration: string }> {
  const store = new Store(join(options.state, 'service-bus.db'));
  const broker = new Broker({ store, key: options.key, config: options.config, log: options.log ?? (() => {}) });
  const server = broker.listen(options.port);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Error(`Port ${options.port} is busy. Stop what uses it, or start with another --port-base.`, { cause });
  }
  const sockets = new Set<import('node:net').Socket>();
  server.on('connection', (socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const administration = await listen(
    createServer((request, response) => {
      const json = (status: number, body: unknown): void =>
        void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      const refusal = refuseSas(request.headers.authorization ?? '', options.key, Date.now());
      if (refusal !== undefined) return json(401, { error: refusal });
      if (request.method === 'GET' && request.url === '/entities') return json(200, broker.counts());
      return json(501, { error: 'The administration API is not supported by this server, but for GET /entities.' });
    }),
    options.administrationPort,
  );
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    port,
    endpoint: `sb://localhost:${port}`,
    administration: `http://localhost:${administration.port}`,
    async close() {
      broker.close();
      await administration.close();
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      store.close();
    },
  };
}
