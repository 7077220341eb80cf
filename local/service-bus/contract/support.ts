import { createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  isServiceBusError,
  ServiceBusAdministrationClient,
  ServiceBusClient,
  type ServiceBusErrorCode,
} from '@azure/service-bus';
import { type SpawnedServer, spawnServer } from '../../spawn.ts';
import { localCertificate } from '../../tls.ts';
import type { EmulatorConfig } from '../index.ts';

export const key = 'a-test-key';
export const noEntities: EmulatorConfig = { UserConfig: { Namespaces: [{ Name: 'test' }] } };

export const connectionString = (port: number, withKey = key): string =>
  `Endpoint=sb://localhost:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=${withKey};UseDevelopmentEmulator=true;`;

/** A shared access signature. @param expiresIn seconds */
export function sharedAccessSignature(resource: string, expiresIn = 60, signedWith = key): string {
  const expiry = Math.floor(Date.now() / 1000) + expiresIn;
  const encoded = encodeURIComponent(resource);
  const signature = createHmac('sha256', signedWith).update(`${encoded}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${encoded}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=RootManageSharedAccessKey`;
}

/** A namespace that contract tests run against, through the unmodified clients. */
export interface TestNamespace {
  readonly client: ServiceBusClient;
  readonly administration: ServiceBusAdministrationClient;
  readonly connectionString: string;
  /** The local server; none when the tests run against Azure. */
  readonly server: SpawnedServer | undefined;
  readonly state: string;
  /** A name that no other run uses. */
  name(of: string): string;
  /** The bodies of what waits in a queue, taken out. */
  drain(...entity: [queue: string] | [topic: string, subscription: string]): Promise<unknown[]>;
  /** Removes the entities whose names it gave, and stops. */
  close(): Promise<void>;
}

/**
 * Starts a local namespace; or, when SERVICE_BUS_CONNECTION_STRING names one with the right to manage, uses that: the
 * same tests then show what Azure does.
 */
export const openNamespace = (): Promise<TestNamespace> => open(process.env['SERVICE_BUS_CONNECTION_STRING'], {});

/** Starts a local namespace, for what Azure cannot be asked. */
export const openLocalNamespace = (options: object = {}): Promise<TestNamespace> => open(undefined, options);

async function open(azure: string | undefined, options: object): Promise<TestNamespace> {
  const state = mkdtempSync(join(tmpdir(), 'service-bus-test-'));
  const tls = await localCertificate(state);
  const started = { port: 0, administrationPort: 0, state, key, config: noEntities, tls, ...options };
  const server = azure === undefined ? await spawnServer('service-bus', started) : undefined;
  const connection = azure ?? connectionString(server?.port ?? 0);
  const client = new ServiceBusClient(connection, { retryOptions: { maxRetries: 1, retryDelayInMs: 100 } });
  const administration = openAdministration(connection, tls.ca);
  const names = new Set<string>();
  const run = randomUUID().slice(0, 8);
  return {
    client,
    administration,
    connectionString: connection,
    server,
    state,
    name(of) {
      const name = `${of}-${run}`;
      names.add(name);
      return name;
    },
    async drain(...entity) {
      const mode = { receiveMode: 'receiveAndDelete' } as const;
      const [first, second] = entity;
      const receiver =
        second === undefined ? client.createReceiver(first, mode) : client.createReceiver(first, second, mode);
      const bodies: unknown[] = [];
      for (;;) {
        const messages = await receiver.receiveMessages(100, { maxWaitTimeInMs: 1500 });
        if (messages.length === 0) break;
        bodies.push(...messages.map(({ body }) => body));
      }
      await receiver.close();
      return bodies;
    },
    async close() {
      await client.close();
      if (azure !== undefined)
        for (const name of names) {
          if (await administration.queueExists(name)) await administration.deleteQueue(name);
          if (await administration.topicExists(name)) await administration.deleteTopic(name);
        }
      await server?.stop();
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** The unmodified administration client; it insists on TLS, so it is given this machine's authority. */
export function openAdministration(connection: string, authority: string): ServiceBusAdministrationClient {
  // Pipeline options that the client passes on and its own type leaves out.
  const options: object = { tlsOptions: { ca: readFileSync(authority) }, retryOptions: { maxRetries: 0 } };
  return new ServiceBusAdministrationClient(connection, options);
}

/** For `assert.rejects`: the SDK's code of what went wrong. */
export const failsWith =
  (...codes: readonly ServiceBusErrorCode[]) =>
  (error: unknown): boolean =>
    isServiceBusError(error) && codes.includes(error.code);

/** Waits until something holds. @throws Error naming it when it does not within the time */
export async function until(what: string, holds: () => Promise<boolean>, milliseconds = 30_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It did not come to this: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
