import type { Container } from './container.ts';
import { badRequest, CosmosError } from './errors.ts';
import { isObject, type Json } from './json.ts';
import { execute, type Operation, type OperationResult } from './operations.ts';
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

/** Reads a batch's body. @param partition of the request; operations of a bulk request carry their own. */
export function readBatch(body: Json, partition: string | undefined): Operation[] {
  if (!Array.isArray(body)) throw badRequest('A batch is a list of operations.');
  if (body.length > maximumOperations) throw badRequest('A batch may have at most 100 operations.');
  return body.map((entry) => {
    if (!isObject(entry)) throw badRequest('A batch is a list of operations.');
    const type = types.find((candidate) => candidate === entry['operationType']);
    if (type === undefined)
      throw badRequest(`The batch operation '${String(entry['operationType'])}' is not supported.`);
    const own = entry['partitionKey'];
    const key =
      own === undefined ? partition : typeof own === 'string' ? JSON.stringify(JSON.parse(own)) : JSON.stringify(own);
    if (key === undefined) throw badRequest('A batch needs a partition key.');
    const text = (name: string): string | undefined => (typeof entry[name] === 'string' ? entry[name] : undefined);
    return {
      type,
      partition: key,
      id: text('id'),
      body: entry['resourceBody'],
      ifMatch: text('ifMatch'),
      ifNoneMatch: text('ifNoneMatch'),
    };
  });
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
  if (operations.every(({ type }) => type === 'Read'))
    return atomic ? allOrNothing(() => runAtomic(store, container, operations)) : bulk(store, container, operations);
  if (!atomic) return store.change(() => bulk(store, container, operations));
  try {
    return { status: 200, results: await store.change(() => runAtomic(store, container, operations)) };
  } catch (error) {
    if (error instanceof Undo) return { status: 207, results: error.results };
    throw error;
  }
}

function allOrNothing(run: () => OperationResult[]): { status: number; results: OperationResult[] } {
  try {
    return { status: 200, results: run() };
  } catch (error) {
    if (error instanceof Undo) return { status: 207, results: error.results };
    throw error;
  }
}

function runAtomic(store: Store, container: Container, operations: readonly Operation[]): OperationResult[] {
  return operations.map((operation, index) => {
    try {
      return execute(store, container, operation);
    } catch (error) {
      if (!(error instanceof CosmosError)) throw error;
      throw new Undo(
        operations.map((_, other) => ({
          status: other === index ? error.status : 424,
          charge: other === index ? 1 : 0,
        })),
      );
    }
  });
}

function bulk(
  store: Store,
  container: Container,
  operations: readonly Operation[],
): { status: number; results: OperationResult[] } {
  const results = operations.map((operation) => {
    store.db.exec('SAVEPOINT operation');
    try {
      const result = execute(store, container, operation);
      store.db.exec('RELEASE operation');
      return result;
    } catch (error) {
      store.db.exec('ROLLBACK TO operation; RELEASE operation');
      if (!(error instanceof CosmosError)) throw error;
      return { status: error.status, charge: 1 };
    }
  });
  return { status: results.some(({ status }) => status >= 400) ? 207 : 200, results };
}
