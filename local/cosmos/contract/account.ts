import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Container, type ContainerRequest, CosmosClient, type Database, ErrorResponse } from '@azure/cosmos';
import { type CosmosOptions, startCosmos } from '../index.ts';

/** An account to hold the contract against. */
export interface Account {
  readonly client: CosmosClient;
  readonly endpoint: string;
  readonly key: string;
  /** Whether it is an account in Azure (COSMOS_ENDPOINT and COSMOS_KEY name one): slower, and nothing of it can be set. */
  readonly inAzure: boolean;
  readonly database: Database;
  /** A container of its own for a test. */
  container(definition?: Partial<ContainerRequest>): Promise<Container>;
  close(): Promise<void>;
}

/**
 * The local server on any free port; or the account in Azure that COSMOS_ENDPOINT and COSMOS_KEY name.
 */
export async function openAccount(options: Partial<CosmosOptions> = {}): Promise<Account> {
  const { COSMOS_ENDPOINT: azure, COSMOS_KEY: azureKey } = process.env;
  const inAzure = azure !== undefined && azureKey !== undefined;
  const key = inAzure ? azureKey : Buffer.from('a test key of the local server').toString('base64');
  const state = mkdtempSync(join(tmpdir(), 'cosmos-contract-'));
  const server = inAzure ? undefined : await startCosmos({ port: 0, state, key, ...options });
  const endpoint = server?.endpoint ?? azure ?? '';
  const client = new CosmosClient({ endpoint, key, consistencyLevel: 'Session' });
  const { database } = await client.databases.create({ id: `contract-${randomUUID()}` });
  let made = 0;
  return {
    client,
    endpoint,
    key,
    inAzure,
    database,
    async container(definition = {}) {
      const { container } = await database.containers.create({
        id: `c${++made}`,
        partitionKey: { paths: ['/partition'] },
        ...definition,
      } as ContainerRequest);
      return container;
    },
    async close() {
      await database.delete();
      client.dispose();
      await server?.close();
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** How a refused request was answered. @throws when it was not refused, or not by the server. */
export async function refusalOf(
  work: Promise<unknown>,
): Promise<{ status: number; substatus: number; message: string }> {
  try {
    await work;
  } catch (error) {
    // The SDK wraps what it is told about a batch.
    const told = error instanceof Error && !(error instanceof ErrorResponse) ? (error.cause ?? error) : error;
    if (!(told instanceof ErrorResponse) || typeof told.code !== 'number') throw error;
    return { status: told.code, substatus: Number(told.substatus ?? 0), message: told.message };
  }
  throw new Error('The request was not refused.');
}

/** Status (and sub-status, where there is one) of a refusal: `409`, `404/1002`. */
export async function statusOf(work: Promise<unknown>): Promise<string> {
  const { status, substatus } = await refusalOf(work);
  return substatus === 0 ? String(status) : `${status}/${substatus}`;
}
