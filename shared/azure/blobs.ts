import type { TokenCredential } from '@azure/identity';
import type { BlobServiceClient } from '@azure/storage-blob';
import type { Connection } from '../config.ts';

/** Blob storage. */
export interface Blobs {
  put(container: string, name: string, text: string): Promise<void>;
  /**
   * Writes what was not there yet. @returns what is there: an earlier text stays as it was
   */
  putOnce(container: string, name: string, text: string): Promise<string>;
  get(container: string, name: string): Promise<string>;
}

export function createBlobs(connection: Connection, credential: TokenCredential): Blobs {
  let client: Promise<BlobServiceClient> | undefined;
  const open = async (): Promise<BlobServiceClient> => {
    const { BlobServiceClient: Client } = await import('@azure/storage-blob');
    return 'endpoint' in connection
      ? new Client(connection.endpoint, credential)
      : Client.fromConnectionString(connection.connectionString);
  };
  const blob = async (container: string, name: string) => {
    client ??= open();
    return (await client).getContainerClient(container).getBlockBlobClient(name);
  };
  const get = async (container: string, name: string): Promise<string> =>
    (await (await blob(container, name)).downloadToBuffer()).toString('utf8');
  return {
    get,
    async putOnce(container, name, text) {
      try {
        await (await blob(container, name)).upload(text, Buffer.byteLength(text), {
          blobHTTPHeaders: { blobContentType: 'application/json' },
          conditions: { ifNoneMatch: '*' },
        });
      } catch (error) {
        // 409 BlobAlreadyExists; 412 where a policy or a lease refuses.
        if (
          !(error instanceof Error && 'statusCode' in error && (error.statusCode === 409 || error.statusCode === 412))
        )
          throw error;
      }
      return get(container, name);
    },
    async put(container, name, text) {
      await (await blob(container, name)).upload(text, Buffer.byteLength(text), {
        blobHTTPHeaders: { blobContentType: 'application/json' },
      });
    },
  };
}
