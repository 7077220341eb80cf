import { DurableError } from './durable-error.ts';
import { historyEvent } from './history.ts';
import { isOver } from './store.ts';
import type { TaskHub } from './task-hub.ts';

/** What to start. */
export interface NewInstance {
  readonly name: string;
  /** Undefined: a new one. */
  readonly id?: string | undefined;
  /** JSON text. */
  readonly input: string | null;
  readonly version?: string | undefined;
  readonly traceparent?: string | null | undefined;
  readonly parent?: { readonly id: string; readonly execution: string; readonly task: number };
}

/** https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-instance-management#start-instances */
const longestId = 100;

/**
 * Puts an orchestration into the hub; one that is over and has the same id gives way.
 * Belongs into a transaction of the caller's.
 * @returns its id
 * @throws DurableError 400 for an id that Azure refuses, or when no orchestrator has the name; 409 while one with the id runs
 */
export function createInstance(hub: TaskHub, given: NewInstance): string {
  const { store } = hub;
  const id = given.id ?? hub.newId();
  if (id.length > longestId || /[/\\#?\p{Cc}]/u.test(id) || id.startsWith('@'))
    throw new DurableError(
      400,
      `An instance id has 1 to ${longestId} characters, none of / \\ # ?, and no @ in front.`,
    );
  try {
    hub.find('orchestrationTrigger', given.name);
  } catch (cause) {
    throw new DurableError(400, cause instanceof Error ? cause.message : String(cause));
  }
  const old = store.instance(id);
  if (old !== undefined && !isOver(old))
    throw new DurableError(409, `An Orchestration instance with the status ${old.status} already exists.`);
  if (old !== undefined) store.clear(id, old.execution);
  const now = hub.now();
  const execution = hub.newId();
  const version = given.version ?? hub.settings.defaultVersion ?? '';
  store.run(
    `INSERT OR REPLACE INTO instances
     (id, execution, name, version, input, status, created, updated, parent, parent_execution, parent_task, traceparent)
     VALUES (?, ?, ?, ?, ?, 'Pending', ?, ?, ?, ?, ?, ?)`,
    id,
    execution,
    given.name,
    version,
    given.input,
    now.getTime(),
    now.getTime(),
    given.parent?.id ?? null,
    given.parent?.execution ?? null,
    given.parent?.task ?? null,
    given.traceparent ?? null,
  );
  // Due before everything else: a history begins with it.
  store.post(
    { instance: id, execution, due: 0 },
    historyEvent('executionStarted', now, { Name: given.name, Version: version, Input: given.input }),
  );
  return id;
}
