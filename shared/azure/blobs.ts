import type { TokenCredential } from '@azure/identity';
import type { BlobServiceClient } from '@azure/storage-blob';
import type { Connection } from '../config.ts';
import { WardlineError } from '../errors.ts';

/** Blob storage. */
export interface Blobs {
  put(container: string, name: string, content: string | Uint8Array): Promise<void>;
  /**
   * Writes what was not there yet. @returns what is there: an earlier text stays as it was
   */
  putOnce(container: string, name: string, text: string): Promise<string>;
  get(container: string, name: string): Promise<string>;
  /** @throws WardlineError `not-found` */
  getBytes(container: string, name: string): Promise<Uint8Array>;
  /** Doing it twice is harmless. */
  remove(container: string, name: string): Promise<void>;
  /** Names that begin with `prefix`, as they come. */
  names(container: string, prefix: string): AsyncIterable<string>;
}

export function createBlobs(connection: Connection, credential: TokenCredential): Blobs {
  let client: Promise<BlobServiceClient> | undefined;
  const open = async (): Promise<BlobServiceClient> => {
    const { BlobServiceClient: Client } = await import('@azure/storage-blob');
    return 'endpoint' in connection
      ? new Client(connection.endpoint, credential)
      : Client.fromConnectionString(connection.connectionString);
  };
  const folder = async (container: string) => {
    client ??= open();
    return (await client).getContainerClient(container);
  };
  const blob = async (container: string, name: string) => (await folder(container)).getBlockBlobClient(name);
  const getBytes = async (container: string, name: string): Promise<Buffer> => {
    try {
      return await (await blob(container, name)).downloadToBuffer();
    } catch (cause) {
      if (statusOf(cause) === 404) throw new WardlineError('not-found', 'There is no such blob.', { cause });
      throw cause;
    }
  };
  const get = async (container: string, name: string): Promise<string> =>
    (await getBytes(container, name)).toString('utf8');
  return {
    get,
    getBytes,
    async putOnce(container, name, text) {
      try {
        await (await blob(container, name)).upload(text, Buffer.byteLength(text), {
          blobHTTPHeaders: { blobContentType: 'application/json' },
          conditions: { ifNoneMatch: '*' },
        });
      } catch (error) {
        // 409 BlobAlreadyExists; 412 where a policy or a lease refuses.
        const status = statusOf(error);
        if (status !== 409 && status !== 412) throw error;
      }
      return get(container, name);
    },
    async put(container, name, content) {
      const bytes = Buffer.from(content);
      await (await blob(container, name)).upload(bytes, bytes.length, {
        blobHTTPHeaders: {
          blobContentType: typeof content === 'string' ? 'application/json' : 'application/octet-stream',
        },
      });
    },
    async remove(container, name) {
      await (await blob(container, name)).deleteIfExists();
    },
    async *names(container, prefix) {
      for await (const { name } of (await folder(container)).listBlobsFlat({ prefix })) yield name;
    },
  };
}

const statusOf = (error: unknown): unknown =>
  error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
