import { type Action, actionTypes, type EntityName } from './actions.ts';
import { eventTypes, type HistoryEvent, taskKey } from './history.ts';
import { pollTask } from './poll-task.ts';
import { retryTask } from './retry-task.ts';
import type { Task, TaskTracker } from './task.ts';
import { TaskNode } from './task-node.ts';

/** Where an orchestration stands. */
export interface WalkedTasks {
  /** The index is the task's id. */
  readonly tasks: readonly Task[];
  /** Set when it starts over; `input` is as the action brought it. */
  readonly continueAsNew: { readonly input?: unknown } | undefined;
  /** Events that were raised and that nobody has waited for. */
  readonly unread: readonly HistoryEvent[];
  /** Ids of the tasks whose failure is what the orchestrator saw last. */
  readonly failed: readonly number[];
}

/**
 * Gives every task the id that the SDK gave it. What an orchestrator returns names no ids: the SDK counts tasks as it
 * first meets them, and counts further ones as the history is replayed (retries, polling). So this meets the actions
 * and the history in the same order, as `TaskOrchestrationExecutor` of durable-functions 3.5 does.
 * @param actions identical objects are one task; after a trip through JSON no two are
 */
export function walkTasks(
  actions: readonly Action[],
  history: readonly HistoryEvent[],
  options: {
    /** Milliseconds between two requests of a poll when the answer does not say. */
    readonly pollPause: number;
    /** The orchestrator has returned or thrown: it saw no event after that. */
    readonly finished: boolean;
  },
): WalkedTasks {
  return new Walk(actions, options).through(history);
}

class Walk {
  readonly #actions: readonly Action[];
  readonly #pollPause: number;
  readonly #finished: boolean;
  readonly #tasks: Task[] = [];
  /** Tasks by their id, or by the id of the message that was sent for them. */
  readonly #open = new Map<string, TaskNode>();
  /** Waits by the event's name; the SDK serves the last one first. */
  readonly #waiting = new Map<string, TaskNode[]>();
  readonly #deferred = new Map<string, HistoryEvent[]>();
  readonly #known = new Map<Action, TaskNode>();
  /** Names under which entities answer. */
  readonly #answers = new Set<string>();
  #held: readonly EntityName[] = [];
  #continueAsNew: { readonly input?: unknown } | undefined;
  #current: TaskNode | undefined;
  #next = 0;
  /** Start of the turn that is replayed: the SDK's clock. */
  #turn = '';

  constructor(actions: readonly Action[], options: { readonly pollPause: number; readonly finished: boolean }) {
    this.#actions = actions;
    this.#pollPause = options.pollPause;
    this.#finished = options.finished;
  }

  through(history: readonly HistoryEvent[]): WalkedTasks {
    const late: HistoryEvent[] = [];
    for (const event of history) {
      if (this.#isOver()) late.push(event);
      else this.#meet(event);
    }
    const unread = new Set([...this.#deferred.values()].flat().concat(late));
    return {
      tasks: this.#tasks,
      continueAsNew: this.#continueAsNew,
      unread: history.filter(
        (event) =>
          event.EventType === eventTypes.eventRaised && unread.has(event) && !this.#answers.has(event.Name ?? ''),
      ),
      failed: this.#current?.failedIds() ?? [],
    };
  }

  #isOver(): boolean {
    if (this.#continueAsNew !== undefined) return true;
    return this.#finished && this.#next > this.#actions.length && this.#current?.state !== 'running';
  }

  #meet(event: HistoryEvent): void {
    if (event.EventType === eventTypes.orchestratorStarted) this.#turn = event.Timestamp;
    else if (event.EventType === eventTypes.executionStarted) this.#advance();
    else if (event.EventType === eventTypes.eventSent) this.#rename(event);
    else if (taskKey(event) !== undefined) {
      this.#settle(event);
      this.#advance();
    }
  }

  /** Goes on as far as the orchestrator does: to the first task that has not ended. */
  #advance(): void {
    while (this.#current === undefined || this.#current.state !== 'running') {
      const action = this.#actions[this.#next++];
      if (action === undefined) return;
      this.#current = this.#node(action);
    }
  }

  /** From here on the answer is addressed to the message that asked. */
  #rename({ EventId, Input }: HistoryEvent): void {
    const { id } = JSON.parse(Input ?? '{}') as { id: string };
    this.#answers.add(id);
    const node = this.#open.get(String(EventId));
    if (node === undefined) return;
    this.#open.delete(String(EventId));
    this.#open.set(id, node);
  }

  #settle(event: HistoryEvent): void {
    const key = taskKey(event) ?? '';
    const open = this.#open.get(key);
    const waits = this.#waiting.get(key);
    if (open !== undefined) {
      this.#open.delete(key);
      open.end(open.failedBy(event), event);
    } else if (waits !== undefined) {
      const wait = waits.pop();
      if (waits.length === 0) this.#waiting.delete(key);
      wait?.end(false, event);
    } else this.#deferred.set(key, [...(this.#deferred.get(key) ?? []), event]);
  }

  /** Something with an id that the orchestrator now waits for. */
  #track(node: TaskNode, task: Task): TaskNode {
    const id = this.#tasks.push(task) - 1;
    node.ids.push(id);
    this.#open.set(String(id), node);
    return this.#catchUp(String(id), node);
  }

  #wait(node: TaskNode, name: string): TaskNode {
    this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), node]);
    return this.#catchUp(name, node);
  }

  /** What came before anybody waited for it. */
  #catchUp(key: string, node: TaskNode): TaskNode {
    const [event, ...rest] = this.#deferred.get(key) ?? [];
    if (event === undefined) return node;
    if (rest.length === 0) this.#deferred.delete(key);
    else this.#deferred.set(key, rest);
    this.#settle(event);
    return node;
  }

  #node(action: Action, parent?: TaskNode): TaskNode {
    const known = this.#known.get(action);
    const node = known ?? new TaskNode();
    if (parent !== undefined) node.parent = parent;
    this.#known.set(action, node);
    if (action.actionType === actionTypes.waitForExternalEvent) return this.#wait(node, action.externalEventName);
    return known ?? this.#begin(node, action);
  }

  #begin(node: TaskNode, action: Exclude<Action, { actionType: typeof actionTypes.waitForExternalEvent }>): TaskNode {
    switch (action.actionType) {
      case actionTypes.whenAll:
      case actionTypes.whenAny:
        node.combine(action.actionType === actionTypes.whenAll ? 'all' : 'any', action.compoundActions.length);
        for (const child of action.compoundActions) node.children.push(this.#node(child, node));
        return node.combined();
      case actionTypes.callActivity:
        return this.#track(node, { kind: 'activity', action });
      case actionTypes.callSubOrchestrator:
        return this.#track(node, { kind: 'sub-orchestration', action });
      case actionTypes.callActivityWithRetry:
        return retryTask(node, { kind: 'activity', action }, action.retryOptions, this.#tracker);
      case actionTypes.callSubOrchestratorWithRetry:
        return retryTask(node, { kind: 'sub-orchestration', action }, action.retryOptions, this.#tracker);
      case actionTypes.createTimer:
        return this.#track(node, {
          kind: 'timer',
          fireAt: new Date(action.fireAt).toISOString(),
          cancelled: action.isCanceled,
        });
      case actionTypes.callHttp:
        return action.httpRequest.asynchronousPatternEnabled === false
          ? this.#track(node, { kind: 'http', request: action.httpRequest })
          : pollTask(node, action.httpRequest, this.#pollPause, this.#tracker);
      case actionTypes.callEntity:
        node.answersWithException = true;
        return this.#track(node, { kind: 'entity-call', action });
      case actionTypes.lockEntities:
        this.#held = action.lockSet;
        return this.#track(node, { kind: 'lock', action });
      case actionTypes.signalEntity:
        this.#tasks.push({ kind: 'entity-signal', action });
        return node.done();
      case actionTypes.releaseEntities:
        for (const entity of this.#held) this.#tasks.push({ kind: 'unlock', entity });
        this.#held = [];
        return node.done();
      case actionTypes.continueAsNew:
        this.#continueAsNew = { input: action.input };
        return node.done();
      default:
        throw new Error(
          `durable-functions asked for an action of type ${(action as Action).actionType}: unknown here.`,
        );
    }
  }

  get #tracker(): TaskTracker {
    return { track: (node, task) => this.#track(node, task), now: () => Date.parse(this.#turn) };
  }
}
