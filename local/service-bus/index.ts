import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { RunningServer, ServerOptions } from '../server.ts';
import type { LocalCertificate } from '../tls.ts';
import { tokenCheck } from './access/check-token.ts';
import { serveAdministration } from './administration/serve.ts';
import { Broker } from './broker.ts';
import { startClockwork } from './clockwork.ts';
import { declareEntities } from './entities/declare-entities.ts';
import type { EmulatorConfig } from './entities/emulator-config.ts';
import { Namespace } from './entities/namespace.ts';
import { startFront } from './front.ts';
import { DeliveryPump } from './links/delivery-pump.ts';
import { ReceiveLinks } from './links/receive-links.ts';
import { SessionWaiters } from './links/session-waiters.ts';
import { openStores } from './store/stores.ts';

export type { EmulatorConfig } from './entities/emulator-config.ts';

export interface ServiceBusOptions extends ServerOptions {
  /** Key of RootManageSharedAccessKey. */
  readonly key: string;
  readonly config: EmulatorConfig;
  /** Port of the administration API. */
  readonly administrationPort: number;
  /** The identity provider whose tokens are taken beside the key; without it, none are. */
  readonly issuer?: string;
  /** For clients that insist on TLS; without it, they are refused. */
  readonly tls?: LocalCertificate;
}

/** Starts a Service Bus namespace that keeps its messages in `<state>/service-bus.db`. */
export async function startServiceBus(
  options: ServiceBusOptions,
): Promise<RunningServer & { readonly administration: string }> {
  const log = options.log ?? (() => {});
  const now = Date.now;
  const stores = openStores(join(options.state, 'service-bus.db'));
  const receiveLinks = new ReceiveLinks(log);
  const sessionWaiters = new SessionWaiters(receiveLinks, now);
  const pump = new DeliveryPump(receiveLinks, sessionWaiters, log);
  const namespace = new Namespace({
    stores,
    now,
    newId: randomUUID,
    newLockToken: () => Buffer.from(randomUUID().replaceAll('-', ''), 'hex'),
    log,
    changed: (queue) => pump.wake(queue),
    removed: (queue) => receiveLinks.closeAll(queue),
  });
  await declareEntities(options.config, namespace, stores, now);
  const check = tokenCheck({ key: options.key, issuer: options.issuer, now });
  const broker = new Broker({ namespace, stores, receiveLinks, sessionWaiters, key: options.key, check, now, log });
  const front = await startFront({
    ports: [options.port, options.administrationPort],
    tls: options.tls,
    acceptAmqp: (socket) => broker.accept(socket),
    acceptWebSocket: (socket) => broker.acceptWebSocket(socket),
    administration: serveAdministration({ namespace, stores, check, now, log }),
  });
  const stop = startClockwork({ namespace, stores, broker, sessionWaiters, now, log });
  const [port = options.port, administrationPort = options.administrationPort] = front.ports;
  return {
    port,
    endpoint: `sb://localhost:${port}`,
    administration: `http://localhost:${administrationPort}`,
    async close() {
      stop();
      await front.close();
      stores.close();
    },
  };
}
