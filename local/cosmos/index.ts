import { createSecretKey } from 'node:crypto';
import { join } from 'node:path';
import { listenOnBoth } from '../http-server.ts';
import type { RunningServer, ServerOptions } from '../server.ts';
import type { LocalCertificate } from '../tls.ts';
import { entraTokens } from './auth/entra-token.ts';
import { createFront } from './front.ts';
import { answerRequest } from './rest/router.ts';
import type { Service } from './rest/service.ts';
import { Store } from './store.ts';
import { startSweeper } from './sweeper.ts';
import { ThroughputLimit } from './throughput-limit.ts';

export interface CosmosOptions extends ServerOptions {
  /** Account key, base64. */
  readonly key: string;
  /** The identity provider whose Entra tokens are taken beside the key; undefined: none are. */
  readonly issuer?: string;
  /** With a certificate the same port answers https too: SDKs send tokens over nothing else. */
  readonly tls?: LocalCertificate;
  /** Milliseconds after which a stored procedure is ended; the service's 5 s if not given. Nothing else is answered meanwhile. */
  readonly longestScriptMs?: number;
  /** Whether containers answer 429 when their throughput is used up, as the service does. */
  readonly throttle?: boolean;
  /**
   * Reads without a covering session token see a state up to so many ms old, as a second replica would show; if not given,
   * as COSMOS_STALE_READS_MS says, so that a whole run of tests can have it so.
   */
  readonly staleReadsMs?: number;
}

/** Starts a Cosmos DB (NoSQL REST API) that keeps its data in `<state>/cosmos.db`. */
export async function startCosmos(options: CosmosOptions): Promise<RunningServer> {
  const { issuer, staleReadsMs: staleReads = Number(process.env['COSMOS_STALE_READS_MS'] ?? 0) } = options;
  const { log = () => undefined } = options;
  const store = new Store(join(options.state, 'cosmos.db'), { now: Date.now, keepImages: staleReads });
  let origins: readonly string[] = [];
  const service: Service = {
    store,
    staleReads,
    now: Date.now,
    longestScript: options.longestScriptMs ?? 5_000,
    limit: options.throttle === true ? new ThroughputLimit(store, Date.now) : undefined,
    authority: {
      key: createSecretKey(options.key, 'base64'),
      verifyToken: issuer === undefined ? undefined : entraTokens(issuer, () => origins),
      now: Date.now,
    },
  };
  const front = createFront((request) => answerRequest(service, request), log);
  const running = await listenOnBoth(front, options.port, options.tls);
  origins = ['localhost', '127.0.0.1'].flatMap((host) => [
    `http://${host}:${running.port}`,
    `https://${host}:${running.port}`,
  ]);
  const sweeper = startSweeper(store, log);
  return {
    port: running.port,
    endpoint: `http://localhost:${running.port}/`,
    async close() {
      await sweeper.stop();
      await running.close();
      store.close();
    },
  };
}
