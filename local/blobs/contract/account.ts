import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient, type ContainerClient, RestError, StorageSharedKeyCredential } from '@azure/storage-blob';
import { type BlobsOptions, startBlobs } from '../index.ts';

/** An account to hold the contract against. */
export interface TestAccount {
  readonly service: BlobServiceClient;
  readonly credential: StorageSharedKeyCredential;
  readonly endpoint: string;
  /** Whether it is an account in Azure (BLOBS_CONNECTION_STRING names one), of which nothing can be set. */
  readonly inAzure: boolean;
  /** A container of its own for a test. */
  container(): Promise<ContainerClient>;
  /** Lets time go by: at once here, in real time in Azure. */
  wait(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** The local server on any free port; or the account in Azure that BLOBS_CONNECTION_STRING names, with its key. */
export const openAccount = (options: Partial<BlobsOptions> = {}): Promise<TestAccount> =>
  open(process.env['BLOBS_CONNECTION_STRING'], options);

/** The local server, for what Azure cannot be asked. */
export const openLocalAccount = (options: Partial<BlobsOptions> = {}): Promise<TestAccount> => open(undefined, options);

async function open(azure: string | undefined, options: Partial<BlobsOptions>): Promise<TestAccount> {
  const state = mkdtempSync(join(tmpdir(), 'blobs-contract-'));
  const key = Buffer.alloc(64, 7).toString('base64');
  let ahead = 0;
  const server =
    azure === undefined
      ? await startBlobs({ port: 0, state, account: 'test', key, now: () => Date.now() + ahead, ...options })
      : undefined;
  const connectionString =
    azure ?? `DefaultEndpointsProtocol=http;AccountName=test;AccountKey=${key};BlobEndpoint=${server?.endpoint};`;
  const service = BlobServiceClient.fromConnectionString(connectionString, { retryOptions: { maxTries: 1 } });
  if (!(service.credential instanceof StorageSharedKeyCredential))
    throw new Error('BLOBS_CONNECTION_STRING must hold an account key.');
  const containers: ContainerClient[] = [];
  return {
    service,
    credential: service.credential,
    endpoint: service.url.replace(/\/$/, ''),
    inAzure: azure !== undefined,
    async container() {
      const { containerClient } = await service.createContainer(`contract-${randomUUID()}`);
      containers.push(containerClient);
      return containerClient;
    },
    async wait(seconds) {
      if (azure === undefined) ahead += seconds * 1000;
      else await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    },
    async close() {
      if (azure !== undefined) for (const container of containers) await container.deleteIfExists();
      await server?.close();
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** Status and code of a refusal: `409 BlobAlreadyExists`. @throws when it was not refused, or not by the server. */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof RestError && error.statusCode !== undefined)
      return `${error.statusCode} ${error.code ?? Reflect.get(Object(error.details), 'errorCode')}`;
    throw error;
  }
  throw new Error('The request was not refused.');
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
