import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { freePort } from '../../local/fixtures/free-port.ts';
import { spawnServer } from '../../local/spawn.ts';
import { type Blobs, createBlobs } from '../../shared/azure/blobs.ts';
import { blobContainers } from '../../shared/topology.ts';

/** A real Azurite with Wardline's containers, in a folder of its own. */
export interface BlobStore {
  readonly blobs: Blobs;
  readonly state: string;
  names(container: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function startBlobStore(): Promise<BlobStore> {
  const state = await mkdtemp(join(tmpdir(), 'wardline-blobs-'));
  const account = { account: 'wardline', key: Buffer.from('key-of-this-test').toString('base64') };
  const azurite = await spawnServer('blobs', { port: await freePort(), state, ...account });
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=${account.account};AccountKey=${account.key};BlobEndpoint=${azurite.endpoint};`;
  const service = BlobServiceClient.fromConnectionString(connectionString);
  for (const name of Object.values(blobContainers)) await service.createContainer(name);
  const blobs = createBlobs({ connectionString }, { getToken: async () => null });
  return {
    blobs,
    state,
    async names(container) {
      const names: string[] = [];
      for await (const name of blobs.names(container, '')) names.push(name);
      return names;
    },
    async close() {
      await azurite.stop();
      await rm(state, { recursive: true, force: true });
    },
  };
}
