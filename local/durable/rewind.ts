import type { Action } from './actions.ts';
import { DurableError } from './durable-error.ts';
import { eventTypes, type HistoryEvent, historyEvent } from './history.ts';
import { instanceOf } from './manage-instance.ts';
import type { Instance } from './store.ts';
import type { TaskHub } from './task-hub.ts';
import { walkTasks } from './walk-tasks.ts';

/**
 * Lets a failed orchestration go on where it failed: what the orchestrator saw fail last is forgotten and runs again, in
 * failed sub-orchestrations too. What had succeeded stays, and so do failures that the orchestrator had dealt with.
 * @throws DurableError 404, 412 when it has not failed
 */
export const rewind = (hub: TaskHub, id: string, reason: string): Promise<void> =>
  hub.commit.run(() => {
    const instance = instanceOf(hub, id);
    if (instance.status !== 'Failed')
      throw new DurableError(
        412,
        `This orchestration has status ${instance.status}, but only orchestrations in the "Failed" state can be rewound.`,
      );
    rewindFailed(hub, instance, reason);
  });

function rewindFailed(hub: TaskHub, instance: Instance, reason: string): void {
  const { store } = hub;
  const { id, execution } = instance;
  const history = store.history(id).filter(({ EventType }) => EventType !== eventTypes.executionCompleted);
  const actions = JSON.parse(instance.actions ?? '[]') as Action[];
  const inbox = store
    .inbox(id, execution, hub.now().getTime())
    .map(({ n, event }) => ({ n, event: JSON.parse(event) as HistoryEvent }));
  // What failed beside it since then would only make the orchestration fail again.
  const events = [...history, ...inbox.map(({ event }) => event)];
  const failed = new Set(walkTasks(actions, events, { pollPause: hub.settings.pollPause, finished: false }).failed);
  const answers = new Set(
    history
      .filter((event) => asksOf(event, failed))
      .map(({ Input }) => (JSON.parse(Input ?? '{}') as { id: string }).id),
  );
  // A child that failed goes on, and its parent waits for it again; any other the parent starts anew.
  const children = history.flatMap((event) => {
    if (event.EventType !== eventTypes.subOrchestrationInstanceCreated || !failed.has(event.EventId)) return [];
    const child = store.instance(event.InstanceId ?? '');
    return child?.status === 'Failed' && child.parent_execution === execution ? [{ event, child }] : [];
  });
  for (const { n, event } of inbox)
    if (belongsTo(event, failed, answers)) store.run('DELETE FROM inbox WHERE n = ?', n);
  store.run('DELETE FROM history WHERE instance = ?', id);
  store.append(
    id,
    history.filter(
      (event) => !belongsTo(event, failed, answers) || children.some(({ event: created }) => created === event),
    ),
  );
  const now = hub.now();
  store.run(
    "UPDATE instances SET status = 'Running', output = NULL, actions = NULL, updated = ? WHERE id = ?",
    now.getTime(),
    id,
  );
  // A turn begins with something that has arrived.
  store.post(
    { instance: id, execution, due: now.getTime() },
    historyEvent('genericEvent', now, { Reason: `Rewound: ${reason}` }),
  );
  for (const { child } of children) rewindFailed(hub, child, reason);
}

const asksOf = ({ EventType, EventId }: HistoryEvent, tasks: ReadonlySet<number>): boolean =>
  EventType === eventTypes.eventSent && tasks.has(EventId);

function belongsTo(event: HistoryEvent, tasks: ReadonlySet<number>, answers: ReadonlySet<string>): boolean {
  switch (event.EventType) {
    case eventTypes.taskScheduled:
    case eventTypes.timerCreated:
    case eventTypes.eventSent:
    case eventTypes.subOrchestrationInstanceCreated:
      return tasks.has(event.EventId);
    case eventTypes.taskCompleted:
    case eventTypes.taskFailed:
    case eventTypes.subOrchestrationInstanceCompleted:
    case eventTypes.subOrchestrationInstanceFailed:
      return tasks.has(event.TaskScheduledId ?? -1);
    case eventTypes.timerFired:
      return tasks.has(event.TimerId ?? -1);
    case eventTypes.eventRaised:
      return answers.has(event.Name ?? '');
    default:
      return false;
  }
}
