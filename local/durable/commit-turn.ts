import type { OrchestratorState } from './actions.ts';
import { processedInput } from './actions.ts';
import { finishInstance } from './finish-instance.ts';
import { eventTypes, type HistoryEvent, historyEvent } from './history.ts';
import type { OrchestratorResult } from './run-orchestrator.ts';
import { scheduledAs, scheduleTask } from './schedule-task.ts';
import { type InboxEvent, type Instance, isOver } from './store.ts';
import type { TaskHub } from './task-hub.ts';
import { type WalkedTasks, walkTasks } from './walk-tasks.ts';

/** A turn that has been played and is not durable yet. */
interface Turn {
  readonly instance: Instance;
  readonly past: readonly HistoryEvent[];
  readonly inbox: readonly InboxEvent[];
  /** What this turn adds to the history so far. */
  readonly fresh: readonly HistoryEvent[];
  readonly result: OrchestratorResult;
}

const scheduling: ReadonlySet<number> = new Set([
  eventTypes.taskScheduled,
  eventTypes.timerCreated,
  eventTypes.subOrchestrationInstanceCreated,
  eventTypes.eventSent,
]);

/** Makes a turn durable. Belongs into a transaction. */
export function commitTurn(hub: TaskHub, turn: Turn): void {
  const { store } = hub;
  const { instance, past, inbox, fresh, result } = turn;
  const { id, execution } = instance;
  const current = store.instance(id);
  // Terminated, purged or started anew while the orchestrator ran: nobody wants to know any more.
  if (current === undefined || current.execution !== execution || isOver(current)) return;
  for (const { n } of inbox) store.run('DELETE FROM inbox WHERE n = ?', n);
  const walked = walk(hub, turn);
  const { tasks, continueAsNew } = walked;
  const known = new Set(past.filter(({ EventType }) => scheduling.has(EventType)).map(({ EventId }) => EventId));
  const added = [...fresh];
  for (const [task, what] of tasks.entries()) {
    if (what.kind === 'timer' && what.cancelled)
      store.run('DELETE FROM inbox WHERE instance = ? AND execution = ? AND timer = ?', id, execution, task);
    if (!known.has(task)) added.push(scheduleTask(hub, instance, task, what));
  }
  const customStatus = customStatusOf(result.state, instance);
  if (continueAsNew !== undefined && walked.failure === undefined)
    return startOver(hub, instance, { input: continueAsNew.input, unread: walked.unread, customStatus });
  store.append(id, [...added, historyEvent('orchestratorCompleted', hub.now())]);
  store.run(
    `UPDATE instances SET status = CASE status WHEN 'Pending' THEN 'Running' ELSE status END, custom_status = ?, updated = ? WHERE id = ?`,
    customStatus,
    hub.now().getTime(),
    id,
  );
  if (walked.failure !== undefined)
    finishInstance(hub, instance, {
      status: 'Failed',
      output: JSON.stringify(walked.failure),
      failureDetails: result.state.failureDetails,
      actions: JSON.stringify(result.state.actions[0] ?? []),
    });
  else if (result.state.isDone)
    finishInstance(hub, instance, { status: 'Completed', output: JSON.stringify(result.state.output ?? null) });
}

/**
 * The tasks of the orchestration, or why it has to fail: it threw, it no longer asks for what it asked for before, or
 * the ids of its tasks cannot be told.
 */
function walk(
  hub: TaskHub,
  { instance, past, fresh, result }: Turn,
): WalkedTasks & { readonly failure: string | undefined } {
  const { state, counted } = result;
  const nothing: WalkedTasks = { tasks: [], continueAsNew: undefined, unread: [], failed: [] };
  const failed = (reason: string) => ({
    ...nothing,
    failure: result.failure ?? `Orchestrator function '${instance.name}' failed: ${reason}`,
  });
  try {
    const finished = state.isDone || result.failure !== undefined;
    const walked = walkTasks(state.actions[0] ?? [], [...past, ...fresh], {
      pollPause: hub.settings.pollPause,
      finished,
    });
    const { tasks, continueAsNew } = walked;
    const other = past.find(({ EventType, EventId, Name }) => {
      const task = tasks[EventId];
      if (!scheduling.has(EventType)) return false;
      if (task === undefined) return continueAsNew === undefined;
      const wanted = scheduledAs(task);
      return wanted.EventType !== EventType || (wanted.Name !== undefined && wanted.Name !== Name);
    });
    if (other !== undefined)
      return failed(
        `Non-Deterministic workflow detected: task ${other.EventId} was ${other.Name ?? 'a timer'} when it was first scheduled. An orchestrator must do the same each time it is replayed.`,
      );
    if (counted !== undefined && counted !== tasks.length && continueAsNew === undefined)
      return failed(
        `this host counts ${tasks.length} tasks and durable-functions ${counted}. Yield a task only once, alone or in one Task.all or Task.any.`,
      );
    return { ...walked, failure: result.failure };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

const customStatusOf = ({ customStatus }: OrchestratorState, { custom_status }: Instance): string | null =>
  customStatus === undefined ? custom_status : JSON.stringify(customStatus);

/** A new run of the same instance: its history is gone, the events that nobody has read come along. */
function startOver(
  hub: TaskHub,
  { id, execution, name, version }: Instance,
  next: { input: unknown; unread: readonly HistoryEvent[]; customStatus: string | null },
): void {
  const { store } = hub;
  const now = hub.now();
  const input = processedInput(next.input);
  const run = hub.newId();
  store.run('DELETE FROM history WHERE instance = ?', id);
  store.run('DELETE FROM inbox WHERE instance = ? AND execution IS NOT NULL', id);
  store.unlock(execution);
  for (const event of next.unread)
    store.post({ instance: id, execution: null, due: Date.parse(event.Timestamp) }, event);
  store.run(
    `UPDATE instances SET execution = ?, input = ?, custom_status = ?, updated = ?,
     status = CASE status WHEN 'Pending' THEN 'Running' ELSE status END WHERE id = ?`,
    run,
    input,
    next.customStatus,
    now.getTime(),
    id,
  );
  store.post(
    { instance: id, execution: run, due: 0 },
    historyEvent('executionStarted', now, { Name: name, Version: version, Input: input }),
  );
}
