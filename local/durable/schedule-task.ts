import { entityId, processedInput } from './actions.ts';
import { createInstance } from './create-instance.ts';
import { type EventDetails, eventTypes, type HistoryEvent, historyEvent } from './history.ts';
import type { EntityRequest } from './run-entity.ts';
import type { Instance } from './store.ts';
import type { Task } from './task.ts';
import type { TaskHub } from './task-hub.ts';

/** Name under which Azure's history shows a request that the host makes. */
export const httpActivity = 'BuiltIn::HttpActivity';

/**
 * Sets a task going. Belongs into the transaction of the turn that asked for it.
 * @returns the line that the history gets
 */
export function scheduleTask(hub: TaskHub, instance: Instance, id: number, task: Task): HistoryEvent {
  const { store } = hub;
  const now = hub.now();
  const run = { instance: instance.id, execution: instance.execution };
  const work = (kind: 'activity' | 'http', name: string, input: string | null, due: number): void => {
    store.run(
      'INSERT INTO work (instance, execution, task, kind, name, input, due) VALUES (?, ?, ?, ?, ?, ?, ?)',
      run.instance,
      run.execution,
      id,
      kind,
      name,
      input,
      due,
    );
  };
  const sent = (entity: string, request: EntityRequest, name: string): HistoryEvent => {
    store.send(entity, run.execution, request);
    return historyEvent('eventSent', now, {
      EventId: id,
      InstanceId: entity,
      Name: name,
      Input: JSON.stringify({ id: request.id }),
    });
  };
  switch (task.kind) {
    case 'activity': {
      const { functionName: name, input: given } = task.action;
      const input = processedInput(given);
      work('activity', name, input, now.getTime());
      return historyEvent('taskScheduled', now, { EventId: id, Name: name, Input: input });
    }
    case 'http': {
      const input = JSON.stringify(task.request);
      work('http', httpActivity, input, task.notBefore === undefined ? now.getTime() : Date.parse(task.notBefore));
      return historyEvent('taskScheduled', now, { EventId: id, Name: httpActivity, Input: input });
    }
    case 'timer': {
      const { fireAt: FireAt, cancelled } = task;
      const due = Math.max(Date.parse(FireAt), now.getTime());
      if (!cancelled)
        store.post({ ...run, due, timer: id }, historyEvent('timerFired', new Date(due), { TimerId: id, FireAt }));
      return historyEvent('timerCreated', now, { EventId: id, FireAt });
    }
    case 'sub-orchestration':
      return startChild(hub, instance, id, task.action, now);
    case 'entity-call':
    case 'entity-signal': {
      const { instanceId, operation, input } = task.action;
      const text = input === undefined ? null : JSON.stringify(input);
      const answerTo = task.kind === 'entity-call' ? run : null;
      return sent(instanceId, { kind: 'operation', id: hub.newId(), operation, input: text, answerTo }, operation);
    }
    case 'lock': {
      const entities = task.action.lockSet.map(entityId);
      const id = task.action.lockRequestId;
      return sent(entities[0] ?? '', { kind: 'lock', id, entities, position: 0, answerTo: run }, 'lock');
    }
    case 'unlock':
      return sent(entityId(task.entity), { kind: 'unlock', id: hub.newId() }, 'release');
  }
}

function startChild(
  hub: TaskHub,
  instance: Instance,
  task: number,
  action: Extract<Task, { kind: 'sub-orchestration' }>['action'],
  now: Date,
): HistoryEvent {
  const id = action.instanceId || `${instance.execution}:${task}`;
  const input = action.input === undefined ? null : JSON.stringify(action.input);
  try {
    createInstance(hub, {
      name: action.functionName,
      id,
      input,
      version: action.version,
      traceparent: instance.traceparent,
      parent: { id: instance.id, execution: instance.execution, task },
    });
  } catch (error) {
    hub.store.answer(
      { instance: instance.id, execution: instance.execution, due: now.getTime() },
      historyEvent('subOrchestrationInstanceFailed', now, {
        TaskScheduledId: task,
        Reason: error instanceof Error ? error.message : String(error),
        Details: '',
      }),
    );
  }
  return historyEvent('subOrchestrationInstanceCreated', now, {
    EventId: task,
    Name: action.functionName,
    InstanceId: id,
    Input: input,
  });
}

/** What the history shows of a task that was set going: to find out whether the orchestrator still asks for the same. */
export function scheduledAs(task: Task): Pick<HistoryEvent, 'EventType'> & Pick<EventDetails, 'Name'> {
  switch (task.kind) {
    case 'activity':
      return { EventType: eventTypes.taskScheduled, Name: task.action.functionName };
    case 'http':
      return { EventType: eventTypes.taskScheduled, Name: httpActivity };
    case 'timer':
      return { EventType: eventTypes.timerCreated };
    case 'sub-orchestration':
      return { EventType: eventTypes.subOrchestrationInstanceCreated, Name: task.action.functionName };
    case 'entity-call':
    case 'entity-signal':
      return { EventType: eventTypes.eventSent, Name: task.action.operation };
    case 'lock':
      return { EventType: eventTypes.eventSent, Name: 'lock' };
    case 'unlock':
      return { EventType: eventTypes.eventSent, Name: 'release' };
  }
}
