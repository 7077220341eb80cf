import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { BlobServiceClient } from '@azure/storage-blob';
import { definition } from '../../demo/azure.ts';
import { spawnServer } from '../../local/spawn.ts';
import { type Blobs, createBlobs } from '../../shared/azure/blobs.ts';
import { type Bus, createBus } from '../../shared/azure/bus.ts';
import { blobContainers } from '../../shared/topology.ts';

const nobody = { getToken: async () => null };
const key = 'key-of-this-test';

/** A real local Service Bus with Wardline's queues and topic, and real blob storage. */
export interface BusStore {
  readonly bus: Bus;
  readonly blobs: Blobs;
  /** Takes what lies in a queue, or in `topic/subscription`; of every session, in its order. */
  drain(path: string, sessions: boolean): Promise<ServiceBusReceivedMessage[]>;
  blobNames(container: string): Promise<string[]>;
  /** Ends the broker as a power cut would. */
  killBroker(): Promise<void>;
  close(): Promise<void>;
}

export async function startBusStore(): Promise<BusStore> {
  const state = await mkdtemp(join(tmpdir(), 'wardline-bus-'));
  const account = { name: 'wardline', key: Buffer.from(key).toString('base64') };
  const [broker, storage] = await Promise.all([
    spawnServer('service-bus', { port: 0, administrationPort: 0, state, key, config: definition.serviceBus }),
    spawnServer('blobs', { port: 0, state: join(state, 'blobs'), account: account.name, key: account.key }),
  ]);
  const connectionString = `Endpoint=sb://localhost:${broker.port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=${key};UseDevelopmentEmulator=true;`;
  const blobConnection = `DefaultEndpointsProtocol=http;AccountName=${account.name};AccountKey=${account.key};BlobEndpoint=${storage.endpoint};`;
  const receiving = new ServiceBusClient(connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: 600 } });
  const containers = BlobServiceClient.fromConnectionString(blobConnection);
  for (const name of Object.values(blobContainers)) await containers.createContainer(name);

  async function take(receiver: ReturnType<ServiceBusClient['createReceiver']>): Promise<ServiceBusReceivedMessage[]> {
    const taken: ServiceBusReceivedMessage[] = [];
    for (;;) {
      const some = await receiver.receiveMessages(100, { maxWaitTimeInMs: 150 });
      if (some.length === 0) break;
      taken.push(...some);
    }
    await receiver.close();
    return taken;
  }

  return {
    bus: createBus({ connectionString }, nobody),
    blobs: createBlobs({ connectionString: blobConnection }, nobody),
    async drain(path, sessions) {
      const [entity = '', subscription] = path.split('/');
      // A fresh object each time: the SDK rewrites the one it is given, and would lock messages the second time.
      const mode = () => ({ receiveMode: 'receiveAndDelete' }) as const;
      if (!sessions)
        return take(
          subscription === undefined
            ? receiving.createReceiver(entity, mode())
            : receiving.createReceiver(entity, subscription, mode()),
        );
      const all: ServiceBusReceivedMessage[] = [];
      for (;;) {
        const receiver = await (subscription === undefined
          ? receiving.acceptNextSession(entity, mode())
          : receiving.acceptNextSession(entity, subscription, mode())
        ).catch(() => undefined);
        if (receiver === undefined) return all;
        all.push(...(await take(receiver)));
      }
    },
    async blobNames(container) {
      const names: string[] = [];
      for await (const { name } of containers.getContainerClient(container).listBlobsFlat()) names.push(name);
      return names;
    },
    killBroker: () => broker.kill(),
    async close() {
      await receiving.close();
      await Promise.all([broker.stop(), storage.stop()]);
      await rm(state, { recursive: true, force: true });
    },
  };
}
