import type { Container } from './container.ts';
import { badRequest, CosmosError, notFound } from './errors.ts';
import type { Item } from './item.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { applyPatch, type PatchBody } from './patch.ts';
import type { Store } from './store.ts';

/** A change or read of one item, as requests and batches name it. */
export interface Operation {
  readonly type: 'Create' | 'Upsert' | 'Replace' | 'Delete' | 'Read' | 'Patch';
  readonly partition: string;
  readonly id?: string | undefined;
  readonly body?: Json | undefined;
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/** What became of it. `charge` is an estimate in request units. */
export interface OperationResult {
  readonly status: number;
  readonly item?: Item | undefined;
  readonly charge: number;
}

const kilobytes = (item: Item): number => item.body.length / 1024;
/** Published: a point read of 1 kB costs 1 RU, of 100 kB 10 RU; size is what counts. */
export const readCharge = (item: Item | undefined): number =>
  item === undefined ? 1 : Math.max(1, 1 + 0.091 * (kilobytes(item) - 1));
const writeCharge = (item: Item): number => 5 + 0.45 * Math.max(0, kilobytes(item) - 1);

/** Carries out one operation. Changes must run inside `store.change`. @throws CosmosError as the service answers. */
export function execute(store: Store, container: Container, operation: Operation): OperationResult {
  const { type, partition, ifMatch } = operation;
  const document = (): JsonObject => {
    if (!isObject(operation.body)) throw badRequest('The request body must be a JSON object.');
    return operation.body;
  };
  const existing = (id: string | undefined): Item => {
    const item = id === undefined ? undefined : store.read(container, partition, id);
    if (item === undefined) throw notFound();
    if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== item.etag) {
      throw new CosmosError(412, 'One of the specified pre-condition is not met.');
    }
    return item;
  };
  switch (type) {
    case 'Read': {
      const item = existing(operation.id);
      return operation.ifNoneMatch === item.etag
        ? { status: 304, item, charge: 1 }
        : { status: 200, item, charge: readCharge(item) };
    }
    case 'Create': {
      const id = document()['id'];
      if (typeof id === 'string' && store.read(container, partition, id) !== undefined) {
        throw new CosmosError(409, 'Entity with the specified id already exists in the system.');
      }
      const item = store.write(container, partition, document(), undefined);
      return { status: 201, item, charge: writeCharge(item) };
    }
    case 'Upsert': {
      const id = document()['id'];
      const before = typeof id === 'string' ? store.read(container, partition, id) : undefined;
      if (before !== undefined) existing(before.id);
      const item = store.write(container, partition, document(), before);
      return {
        status: before === undefined ? 201 : 200,
        item,
        charge: writeCharge(item) * (before === undefined ? 1 : 2),
      };
    }
    case 'Replace': {
      const before = existing(operation.id);
      if (document()['id'] !== before.id) throw badRequest('Replacing the id of an item is not allowed.');
      const item = store.write(container, partition, document(), before);
      return { status: 200, item, charge: writeCharge(item) * 2 };
    }
    case 'Patch': {
      const before = existing(operation.id);
      const item = store.write(
        container,
        partition,
        applyPatch(JSON.parse(before.body), operation.body as unknown as PatchBody),
        before,
      );
      return { status: 200, item, charge: writeCharge(item) * 2 };
    }
    case 'Delete': {
      const before = existing(operation.id);
      store.remove(container, before);
      return { status: 204, charge: writeCharge(before) };
    }
  }
}
