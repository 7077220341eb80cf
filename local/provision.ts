import { type ContainerRequest, CosmosClient } from '@azure/cosmos';
import { BlobServiceClient } from '@azure/storage-blob';
import type { AzureDefinition, Endpoints } from './definition.ts';

/** Creates what a deployment template creates in the cloud: database, containers, blob containers. */
export async function provision(
  definition: AzureDefinition,
  endpoints: Endpoints,
  only: readonly string[] | undefined,
): Promise<void> {
  const wanted = (name: string): boolean => only === undefined || only.includes(name);
  await Promise.all([
    wanted('cosmos') ? cosmos(definition, endpoints) : undefined,
    wanted('blobs') ? blobs(definition, endpoints) : undefined,
  ]);
}

async function cosmos({ cosmos: wanted }: AzureDefinition, { cosmos: { endpoint, key } }: Endpoints): Promise<void> {
  const client = new CosmosClient({ endpoint, key });
  const { database } = await client.databases.createIfNotExists({ id: wanted.database });
  for (const container of wanted.containers) await database.containers.createIfNotExists(container as ContainerRequest);
  client.dispose();
}

async function blobs({ blobContainers }: AzureDefinition, endpoints: Endpoints): Promise<void> {
  const service = BlobServiceClient.fromConnectionString(endpoints.blobs.connectionString);
  await Promise.all(blobContainers.map((name) => service.getContainerClient(name).createIfNotExists()));
}
