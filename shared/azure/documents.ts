import {
  type Container,
  CosmosClient,
  type OperationInput,
  type OperationResponse,
  type PatchOperation,
} from '@azure/cosmos';
import type { TokenCredential } from '@azure/identity';
import type { Connection } from '../config.ts';
import { WardlineError } from '../errors.ts';
import { type ContainerName, database } from '../topology.ts';

/** A document with what Cosmos DB says of it. `charge` is in request units. */
export interface Stored<T> {
  readonly document: T;
  readonly etag: string;
  readonly session: string;
  readonly charge: number;
}

export type BatchOperation =
  | { readonly op: 'create'; readonly document: object }
  | { readonly op: 'replace'; readonly id: string; readonly document: object; readonly ifMatch?: string }
  | { readonly op: 'upsert'; readonly document: object }
  | { readonly op: 'delete'; readonly id: string; readonly ifMatch?: string }
  | { readonly op: 'read'; readonly id: string }
  | {
      readonly op: 'patch';
      readonly id: string;
      readonly operations: PatchOperation[];
      readonly ifMatch?: string;
    };

/** `index` and `status` tell the operation that failed, and how (404, 409, 412, 413). */
export type BatchOutcome =
  | {
      readonly ok: true;
      readonly etags: readonly string[];
      readonly documents: readonly unknown[];
      readonly session: string;
      readonly charge: number;
    }
  | { readonly ok: false; readonly index: number; readonly status: number; readonly session: string };

export interface QueryPage<T> {
  readonly items: T[];
  readonly session: string;
  readonly charge: number;
  /** How many answers the items came in: a single one shows one moment. */
  readonly pages: number;
  /** There is more than `limit`. */
  readonly more: boolean;
}

/** One container. Failures of the service itself are WardlineErrors `throttled` and `unavailable`. */
export interface Documents {
  /** A point read; undefined: 404, or unchanged since `ifNoneMatch`. A lagging replica may answer. */
  read<T>(
    partition: string,
    id: string,
    options?: { session?: string; ifNoneMatch?: string },
  ): Promise<Stored<T> | undefined>;
  /** Reads as one transactional batch, which the primary replica answers. Missing documents are undefined. */
  readTogether<T>(partition: string, ids: readonly string[]): Promise<(Stored<T> | undefined)[]>;
  /** One transactional batch: at most 100 operations and 2 MB, all or nothing. */
  batch(partition: string, operations: readonly BatchOperation[]): Promise<BatchOutcome>;
  query<T>(
    sql: string,
    parameters: Record<string, unknown>,
    options?: { partition?: string; session?: string; limit?: number },
  ): Promise<QueryPage<T>>;
}

/**
 * Cosmos DB. Session consistency is asked for by name: without it the SDK sends no session token at all.
 * @param credential used when the connection is an endpoint (production has no keys)
 */
export function createDocuments(
  connection: Connection,
  credential: TokenCredential,
): (container: ContainerName) => Documents {
  let client: CosmosClient | undefined;
  const open = (): CosmosClient =>
    new CosmosClient({
      ...('connectionString' in connection
        ? { connectionString: connection.connectionString }
        : { endpoint: connection.endpoint, aadCredentials: credential }),
      consistencyLevel: 'Session',
      connectionPolicy: {
        requestTimeout: 10_000,
        enableBackgroundEndpointRefreshing: !('connectionString' in connection),
        retryOptions: { maxRetryAttemptCount: 9, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 15 },
      },
    });
  return (name) => {
    const container = (): Container => {
      client ??= open();
      return client.database(database).container(name);
    };
    return documentsOf(container);
  };
}

function documentsOf(container: () => Container): Documents {
  const batch = async (partition: string, operations: readonly BatchOperation[]): Promise<BatchOutcome> => {
    const response = await translated(container().items.batch(operations.map(toSdk), partition));
    const results = response.result ?? [];
    const session = sessionOf(response.headers);
    const failed = results.findIndex((result) => result.statusCode >= 400 && result.statusCode !== 424);
    if (failed >= 0) {
      const status = results[failed]?.statusCode ?? 500;
      if (!answers.has(status)) throw unexpected(status);
      return { ok: false, index: failed, status, session };
    }
    return {
      ok: true,
      etags: results.map((result) => result.eTag ?? etagIn(result.resourceBody)),
      documents: results.map((result) => result.resourceBody),
      session,
      charge: chargeOf(response.headers),
    };
  };

  const readTogether = async <T>(partition: string, ids: readonly string[]): Promise<(Stored<T> | undefined)[]> => {
    if (ids.length === 0) return [];
    const outcome = await batch(
      partition,
      ids.map((id) => ({ op: 'read', id })),
    );
    if (outcome.ok) {
      return outcome.documents.map((document, index) => ({
        document: document as T,
        etag: outcome.etags[index] ?? '',
        session: outcome.session,
        charge: index === 0 ? outcome.charge : 0,
      }));
    }
    const rest = ids.filter((_, index) => index !== outcome.index);
    // One missing document fails the batch: the others are read together once more, then each alone.
    const others =
      rest.length < 3
        ? await readTogether<T>(partition, rest)
        : (await Promise.all(rest.map((id) => readTogether<T>(partition, [id])))).flat();
    return ids.map((_, index) =>
      index === outcome.index ? undefined : others[index < outcome.index ? index : index - 1],
    );
  };

  return {
    batch,
    readTogether,
    async read<T>(partition: string, id: string, options: { session?: string; ifNoneMatch?: string } = {}) {
      const response = await translated(
        container()
          .item(id, partition)
          .read<T & object>({
            ...(options.session === undefined ? {} : { sessionToken: options.session }),
            ...(options.ifNoneMatch === undefined
              ? {}
              : { accessCondition: { type: 'IfNoneMatch', condition: options.ifNoneMatch } }),
          }),
      );
      if (response.resource === undefined) return undefined;
      return {
        document: response.resource,
        etag: response.etag,
        session: sessionOf(response.headers),
        charge: response.requestCharge,
      };
    },
    async query<T>(
      sql: string,
      parameters: Record<string, unknown>,
      options: { partition?: string; session?: string; limit?: number } = {},
    ) {
      const limit = options.limit ?? Number.POSITIVE_INFINITY;
      const iterator = container().items.query<T>(
        {
          query: sql,
          parameters: Object.entries(parameters).map(([name, value]) => ({ name: `@${name}`, value: value as string })),
        },
        {
          maxItemCount: Math.min(limit + 1, 1000),
          ...(options.partition === undefined ? {} : { partitionKey: options.partition }),
          ...(options.session === undefined ? {} : { sessionToken: options.session }),
        },
      );
      const items: T[] = [];
      let session = '';
      let charge = 0;
      let pages = 0;
      while (iterator.hasMoreResults() && items.length <= limit) {
        const page = await translated(iterator.fetchNext());
        items.push(...(page.resources ?? []));
        // The SDK keeps a page's headers private, and offers the session token nowhere else.
        session = sessionOf(Reflect.get(page, 'headers')) || session;
        charge += page.requestCharge ?? 0;
        pages += 1;
      }
      return { items: items.slice(0, limit), session, charge, pages, more: items.length > limit };
    },
  };
}

function toSdk(operation: BatchOperation): OperationInput {
  const conditional = 'ifMatch' in operation && operation.ifMatch !== undefined ? { ifMatch: operation.ifMatch } : {};
  switch (operation.op) {
    case 'create':
      return { operationType: 'Create', resourceBody: { ...operation.document } };
    case 'upsert':
      return { operationType: 'Upsert', resourceBody: { ...operation.document } };
    case 'replace':
      return {
        operationType: 'Replace',
        id: operation.id,
        resourceBody: { ...operation.document, id: operation.id },
        ...conditional,
      };
    case 'delete':
      return { operationType: 'Delete', id: operation.id, ...conditional };
    case 'read':
      return { operationType: 'Read', id: operation.id };
    case 'patch':
      return {
        operationType: 'Patch',
        id: operation.id,
        resourceBody: { operations: operation.operations },
        ...conditional,
      };
  }
}

/** Statuses of a single operation that say something about the data; every other one is the service's trouble. */
const answers = new Set([404, 409, 412, 413]);

type Headers = Record<string, string | number | boolean | string[] | undefined>;
const sessionOf = (headers: Headers | undefined): string => String(headers?.['x-ms-session-token'] ?? '');
const chargeOf = (headers: Headers | undefined): number => Number(headers?.['x-ms-request-charge'] ?? 0);
const etagIn = (body: OperationResponse['resourceBody']): string => String(body?._etag ?? '');

const unexpected = (status: number, cause?: unknown): WardlineError =>
  status === 429 || status === 449
    ? new WardlineError('throttled', 'The store is busy.', { retryAfter: 1, cause })
    : new WardlineError('unavailable', 'The store does not answer as it should.', { retryAfter: 2, cause });

/** Turns what the SDK throws into Wardline's errors; the cause is kept for the developer and is never sent. */
async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const status = statusOf(cause);
    if (status === 413) throw new WardlineError('too-large', 'The record is too large to store.', { cause });
    throw unexpected(status, cause);
  }
}

/** The SDK hides the status of a failed batch in the cause of a plain Error. */
function statusOf(error: unknown): number {
  if (!(error instanceof Error)) return Number((error as { code?: unknown } | undefined)?.code);
  const { code, cause } = error as Error & { code?: unknown };
  return code === undefined && cause !== undefined ? statusOf(cause) : Number(code);
}
