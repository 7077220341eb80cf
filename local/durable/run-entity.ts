import { historyEvent } from './history.ts';
import type { Entity, EntityMessage } from './store.ts';
import type { TaskHub } from './task-hub.ts';

/** A run of an orchestration. */
interface Run {
  readonly instance: string;
  readonly execution: string;
}

/** What is sent to an entity. */
export type EntityRequest =
  | {
      readonly kind: 'operation';
      readonly id: string;
      readonly operation: string;
      /** JSON text. */
      readonly input: string | null;
      /** Null: a signal, which nobody waits for. */
      readonly answerTo: Run | null;
    }
  | {
      readonly kind: 'lock';
      readonly id: string;
      /** In the order in which they are locked, the same for everybody: so nobody waits in a circle. */
      readonly entities: readonly string[];
      readonly position: number;
      readonly answerTo: Run;
    }
  | { readonly kind: 'unlock'; readonly id: string };

interface Message {
  readonly n: number;
  readonly request: EntityRequest;
}
type Operation = Extract<EntityRequest, { kind: 'operation' }>;

/** What the SDK returns from a batch of operations. */
interface EntityResult {
  readonly entityExists: boolean;
  readonly entityState?: string;
  readonly results: readonly { readonly isError: boolean; readonly result?: string }[];
  readonly signals?: readonly {
    readonly target: { readonly name: string; readonly key: string };
    readonly name: string;
    readonly input?: string;
  }[];
}

/**
 * Lets an entity take what was sent to it: operations in a batch, locks one by one. Taking the messages, the new state,
 * the answers and what the entity sends are one transaction: each operation counts exactly once.
 */
export async function runEntity(hub: TaskHub, id: string): Promise<void> {
  const { store } = hub;
  const entity = store.get<Entity>('SELECT * FROM entities WHERE id = ?', id);
  const lock = entity?.locked_by ?? null;
  const messages = store
    .all<EntityMessage>(
      'SELECT n, request FROM entity_inbox WHERE entity = ? AND (?2 IS NULL OR execution = ?2) ORDER BY n LIMIT ?3',
      id,
      lock,
      hub.settings.maxEntityOperationBatchSize,
    )
    .map(({ n, request }): Message => ({ n, request: JSON.parse(request) as EntityRequest }));
  const [first] = messages;
  if (first === undefined) return;
  if (first.request.kind !== 'operation') await hub.commit.run(() => takeControl(hub, id, first));
  else {
    const end = messages.findIndex(({ request }) => request.kind !== 'operation');
    await takeOperations(hub, id, entity, end < 0 ? messages : messages.slice(0, end));
  }
  hub.wake();
}

function takeControl(hub: TaskHub, id: string, { n, request }: Message): void {
  const { store } = hub;
  const now = hub.now().getTime();
  store.run('DELETE FROM entity_inbox WHERE n = ?', n);
  if (request.kind === 'unlock') {
    store.run('UPDATE entities SET locked_by = NULL WHERE id = ?', id);
    return;
  }
  if (request.kind !== 'lock') return;
  const { instance, execution } = request.answerTo;
  const asking = store.instance(instance);
  // Who is over does not come to take a lock, and could not give it back.
  if (asking?.execution !== execution || !['Pending', 'Running', 'Suspended'].includes(asking.status)) return;
  store.run(
    `INSERT INTO entities (id, present, locked_by, updated) VALUES (?1, 0, ?2, ?3)
     ON CONFLICT (id) DO UPDATE SET locked_by = excluded.locked_by`,
    id,
    execution,
    now,
  );
  const next = request.entities[request.position + 1];
  if (next !== undefined) store.send(next, execution, { ...request, position: request.position + 1 });
  else
    store.answer(
      { instance, execution, due: now },
      historyEvent('eventRaised', hub.now(), { Name: request.id, Input: '{}' }),
    );
}

async function takeOperations(
  hub: TaskHub,
  id: string,
  entity: Entity | undefined,
  messages: readonly Message[],
): Promise<void> {
  const { store } = hub;
  const operations = messages.map(({ request }) => request as Operation);
  const result = await play(hub, id, entity, operations);
  await hub.commit.run(() => {
    for (const { n } of messages) store.run('DELETE FROM entity_inbox WHERE n = ?', n);
    keep(hub, id, result);
    for (const [index, { id: Name, answerTo }] of operations.entries()) {
      if (answerTo === null) continue;
      const answer = result.results[index];
      const Input = JSON.stringify({
        result: answer?.result ?? null,
        ...(answer?.isError === false ? {} : { exceptionType: 'Error' }),
      });
      store.answer({ ...answerTo, due: hub.now().getTime() }, historyEvent('eventRaised', hub.now(), { Name, Input }));
    }
    for (const { target, name, input } of result.signals ?? [])
      store.send(`@${target.name.toLowerCase()}@${target.key}`, null, {
        kind: 'operation',
        id: hub.newId(),
        operation: name,
        input: input || null,
        answerTo: null,
      } satisfies EntityRequest);
  });
}

/** Calls the entity function. When that fails as a whole, each operation has failed and the state is what it was. */
async function play(
  hub: TaskHub,
  id: string,
  entity: Entity | undefined,
  operations: readonly Operation[],
): Promise<EntityResult> {
  const [, name = '', key = ''] = /^@([^@]*)@(.*)$/s.exec(id) ?? [];
  const state = entity?.state ?? undefined;
  try {
    const returned = await hub.invoke(hub.find('entityTrigger', name), {
      input: {
        string: JSON.stringify({
          self: { name, key },
          exists: entity?.present === 1,
          state: state ?? null,
          batch: operations.map(({ id: request, operation, input, answerTo }) => ({
            id: request,
            name: operation,
            input,
            isSignal: answerTo === null,
          })),
        }),
      },
    });
    if (returned === undefined || !('json' in returned)) throw new Error('The entity function returned no state.');
    return JSON.parse(returned.json) as EntityResult;
  } catch (error) {
    hub.log(`entity ${name}: failed with ${error instanceof Error ? error.name : 'an error'}`);
    const message = JSON.stringify(error instanceof Error ? error.message : String(error));
    return {
      entityExists: entity?.present === 1,
      ...(state === undefined ? {} : { entityState: state }),
      results: operations.map(() => ({ isError: true, result: message })),
    };
  }
}

function keep(hub: TaskHub, id: string, { entityExists, entityState }: EntityResult): void {
  const { store } = hub;
  store.run(
    `INSERT INTO entities (id, state, present, updated) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, present = excluded.present, updated = excluded.updated`,
    id,
    entityExists ? (entityState ?? null) : null,
    entityExists ? 1 : 0,
    hub.now().getTime(),
  );
  store.run('DELETE FROM entities WHERE id = ? AND present = 0 AND locked_by IS NULL', id);
}
