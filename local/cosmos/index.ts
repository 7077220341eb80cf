import { createServer } from 'node:http';
import { join } from 'node:path';
import { listen } from '../http-server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import { createRouter } from './rest/router.ts';
import { Store } from './store.ts';
import { startSweeper } from './sweeper.ts';

export interface CosmosOptions extends ServerOptions {
  /** Account key, base64. */
  readonly key: string;
  /** Reads without a covering session token see a state up to so many ms old, as a second replica would show. */
  readonly staleReadsMs?: number;
}

const maximumBody = 4 * 1024 * 1024;

/** Starts a Cosmos DB (NoSQL REST API) that keeps its data in `<state>/cosmos.db`. */
export async function startCosmos(options: CosmosOptions): Promise<RunningServer> {
  const staleReads = options.staleReadsMs ?? 0;
  const store = new Store(join(options.state, 'cosmos.db'), { now: Date.now, keepImages: staleReads });
  let endpoint = '';
  const answer = createRouter({
    store,
    key: Buffer.from(options.key, 'base64'),
    now: Date.now,
    staleReads,
    endpoint: () => endpoint,
  });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maximumBody) chunks.push(chunk);
    });
    request.on('end', () => {
      const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
      const reply =
        size > maximumBody
          ? Promise.resolve({
              status: 413,
              headers: { 'content-type': 'application/json' },
              body: '{"code":"RequestEntityTooLarge","message":"Request size is too large"}',
            })
          : answer({
              method: request.method ?? 'GET',
              path,
              headers: request.headers,
              body: Buffer.concat(chunks).toString(),
            });
      reply
        .catch((error: unknown) => {
          options.log?.(`cosmos: ${error instanceof Error ? error.stack : error}`);
          return {
            status: 500,
            headers: { 'content-type': 'application/json' },
            body: '{"code":"InternalServerError","message":"The server failed; its log says why."}',
          };
        })
        .then(({ status, headers, body }) => {
          const empty = status === 204 || status === 304;
          response.writeHead(status, empty ? headers : { ...headers, 'content-length': Buffer.byteLength(body) });
          response.end(empty ? undefined : body);
        });
    });
  });
  server.keepAliveTimeout = 65_000;
  const sweeper = startSweeper(store, options.log);
  const running = await listen(server, options.port);
  endpoint = `http://localhost:${running.port}/`;
  return {
    port: running.port,
    endpoint,
    async close() {
      await sweeper.stop();
      await running.close();
      store.close();
    },
  };
}
