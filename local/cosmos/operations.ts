import type { Container } from './container.ts';
import { badRequest, CosmosError, notFound } from './errors.ts';
import { checkedId, type Item } from './item.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { applyPatch, readPatch } from './patch.ts';
import type { Store } from './store.ts';

/** A change or read of one item, as requests and batches name it. */
export interface Operation {
  readonly type: 'Create' | 'Upsert' | 'Replace' | 'Delete' | 'Read' | 'Patch';
  readonly partition: string;
  readonly id?: string | undefined;
  readonly body?: Json | undefined;
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  /** Whether the client wants to see no more than the status and the etag. */
  readonly minimal?: boolean;
}

/** What became of it. `charge` is an estimate in request units. */
export interface OperationResult {
  readonly status: number;
  readonly substatus?: number | undefined;
  readonly item?: Item | undefined;
  readonly charge: number;
  /** Milliseconds after which a refused operation may be tried again. */
  readonly retryAfter?: number | undefined;
}

const kilobytes = (item: Item): number => item.body.length / 1024;
/** Published: a point read of 1 kB costs 1 RU, of 100 kB 10 RU; size is what counts. */
export const readCharge = (item: Item | undefined): number =>
  item === undefined ? 1 : Math.max(1, 1 + 0.091 * (kilobytes(item) - 1));
const writeCharge = (item: Item): number => 5 + 0.45 * Math.max(0, kilobytes(item) - 1);

/** Carries out one operation. Changes must run inside `store.change`. @throws CosmosError as the service answers. */
export function execute(store: Store, container: Container, operation: Operation): OperationResult {
  const { partition } = operation;
  switch (operation.type) {
    case 'Read': {
      const item = existing(store, container, operation);
      return operation.ifNoneMatch === item.etag
        ? { status: 304, item, charge: 1 }
        : { status: 200, item, charge: readCharge(item) };
    }
    case 'Create': {
      const document = documentOf(operation);
      if (store.read(container, partition, checkedId(document)) !== undefined)
        throw new CosmosError(409, 'Entity with the specified id already exists in the system.');
      const item = store.write(container, partition, document, undefined);
      return { status: 201, item, charge: writeCharge(item) };
    }
    case 'Upsert': {
      const document = documentOf(operation);
      const before = store.read(container, partition, checkedId(document));
      if (before !== undefined) requireMatch(before, operation);
      const item = store.write(container, partition, document, before);
      const charge = writeCharge(item) * (before === undefined ? 1 : 2);
      return { status: before === undefined ? 201 : 200, item, charge };
    }
    case 'Replace': {
      const before = existing(store, container, operation);
      const document = documentOf(operation);
      if (checkedId(document) !== before.id) throw badRequest('Replacing the id of an item is not allowed.');
      const item = store.write(container, partition, document, before);
      return { status: 200, item, charge: writeCharge(item) * 2 };
    }
    case 'Patch': {
      const before = existing(store, container, operation);
      const patched = applyPatch(JSON.parse(before.body), readPatch(operation.body, container));
      const item = store.write(container, partition, patched, before);
      return { status: 200, item, charge: writeCharge(item) * 2 };
    }
    case 'Delete': {
      const before = existing(store, container, operation);
      store.remove(container, before);
      return { status: 204, charge: writeCharge(before) };
    }
  }
}

function documentOf({ body }: Operation): JsonObject {
  if (!isObject(body)) throw badRequest('The request body must be a JSON object.');
  return body;
}

/** The item that an operation names. @throws CosmosError 404; 412 when it is not the version that was expected. */
function existing(store: Store, container: Container, operation: Operation): Item {
  const item = operation.id === undefined ? undefined : store.read(container, operation.partition, operation.id);
  if (item === undefined) throw notFound();
  requireMatch(item, operation);
  return item;
}

function requireMatch({ etag }: Item, { ifMatch }: Operation): void {
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== etag)
    throw new CosmosError(412, 'Operation cannot be performed because one of the specified precondition is not met.');
}
