import type { Container } from './container.ts';
import { badRequest, CosmosError, keyMismatch } from './errors.ts';
import type { RowOperation } from './hybrid-row.ts';
import { isObject, type Json } from './json.ts';
import { execute, type Operation, type OperationResult } from './operations.ts';
import { readPartitionKey } from './partition-key.ts';
import type { Store } from './store.ts';

const types = ['Create', 'Upsert', 'Replace', 'Delete', 'Read', 'Patch'] as const;
const maximumOperations = 100;

/** Thrown to undo an atomic batch; carries what each operation is answered. */
class Undo extends Error {
  readonly results: OperationResult[];
  constructor(results: OperationResult[]) {
    super('undo');
    this.results = results;
  }
}

/**
 * Reads a batch's operations. @param partition of the request; operations of a bulk request carry their own, those of a
 * transactional batch must not have another. @throws CosmosError 400.
 */
export function readBatch(
  body: Json | readonly RowOperation[],
  container: Container,
  partition: string | undefined,
): Operation[] {
  if (!Array.isArray(body)) throw badRequest('A batch is a list of operations.');
  if (body.length === 0) throw badRequest('A batch needs at least one operation.');
  if (body.length > maximumOperations)
    throw badRequest(`Batch request has more operations than what is supported: at most ${maximumOperations}.`);
  return body.map((entry: unknown) => {
    if (!isObject(entry)) throw badRequest('A batch is a list of operations.');
    const type = types.find((candidate) => candidate === entry['operationType']);
    if (type === undefined)
      throw badRequest(`The batch operation '${String(entry['operationType'])}' is not supported.`);
    const own = ownKey(entry['partitionKey'], container);
    if (own !== undefined && partition !== undefined && own !== partition) throw keyMismatch();
    const key = partition ?? own;
    if (key === undefined) throw badRequest('A batch needs a partition key.');
    const text = (name: string): string | undefined => (typeof entry[name] === 'string' ? entry[name] : undefined);
    return {
      type,
      partition: key,
      id: text('id'),
      body: entry['resourceBody'],
      ifMatch: text('ifMatch'),
      ifNoneMatch: text('ifNoneMatch'),
      minimal: entry['minimalReturnPreference'] === true,
    };
  });
}

function ownKey(own: Json | undefined, container: Container): string | undefined {
  if (own === undefined || own === null) return undefined;
  const { canonical, length } = readPartitionKey(typeof own === 'string' ? own : JSON.stringify(own));
  if (length !== container.keyPaths.length) throw keyMismatch();
  return canonical;
}

/**
 * Carries out a batch: an atomic one wholly or not at all (the failed operation gets its status, the others 424), a
 * bulk one each for itself. A batch of nothing but reads runs at once, on the primary state.
 * @returns 200, or 207 when an operation failed.
 */
export async function executeBatch(
  store: Store,
  container: Container,
  operations: readonly Operation[],
  atomic: boolean,
): Promise<{ status: number; results: OperationResult[] }> {
  const run = (): OperationResult[] =>
    atomic ? runAtomic(store, container, operations) : runBulk(store, container, operations);
  const changes = operations.some(({ type }) => type !== 'Read');
  try {
    const results = changes ? await store.change(run) : run();
    return { status: results.some(({ status }) => status >= 400) ? 207 : 200, results };
  } catch (error) {
    if (error instanceof Undo) return { status: 207, results: error.results };
    throw error;
  }
}

const failed = ({ status, substatus, retryAfter }: CosmosError): OperationResult => ({
  status,
  substatus,
  retryAfter,
  charge: 1,
});

function runAtomic(store: Store, container: Container, operations: readonly Operation[]): OperationResult[] {
  return operations.map((operation, index) => {
    try {
      return execute(store, container, operation);
    } catch (error) {
      if (!(error instanceof CosmosError)) throw error;
      const outcome = failed(error);
      throw new Undo(operations.map((_, other) => (other === index ? outcome : { status: 424, charge: 0 })));
    }
  });
}

function runBulk(store: Store, container: Container, operations: readonly Operation[]): OperationResult[] {
  return operations.map((operation) => {
    store.db.exec('SAVEPOINT operation');
    try {
      const result = execute(store, container, operation);
      store.db.exec('RELEASE operation');
      return result;
    } catch (error) {
      store.db.exec('ROLLBACK TO operation; RELEASE operation');
      if (!(error instanceof CosmosError)) throw error;
      return failed(error);
    }
  });
}
