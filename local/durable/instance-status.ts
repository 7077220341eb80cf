import { eventTypes, type HistoryEvent } from './history.ts';
import type { Instance } from './store.ts';

/** What to tell beside the status itself. */
export interface StatusOptions {
  readonly showInput: boolean;
  readonly history?: { readonly events: readonly HistoryEvent[]; readonly showOutput: boolean } | undefined;
}

/** The status of an instance as the management API answers it. */
export function instanceStatus(instance: Instance, { showInput, history }: StatusOptions): Record<string, unknown> {
  return {
    name: instance.name,
    instanceId: instance.id,
    runtimeStatus: instance.status,
    input: showInput ? parsed(instance.input) : null,
    customStatus: parsed(instance.custom_status),
    output: parsed(instance.output),
    createdTime: toSeconds(instance.created),
    lastUpdatedTime: toSeconds(instance.updated),
    ...(history === undefined ? {} : { historyEvents: toldHistory(history.events, history.showOutput) }),
  };
}

const parsed = (json: string | null): unknown => (json === null ? null : JSON.parse(json));
const toSeconds = (moment: number): string => `${new Date(moment).toISOString().slice(0, 19)}Z`;

const names = new Map(
  Object.entries(eventTypes).map(([name, type]) => [type as number, `${name[0]?.toUpperCase()}${name.slice(1)}`]),
);
const silent: ReadonlySet<number> = new Set([eventTypes.orchestratorStarted, eventTypes.orchestratorCompleted]);
const scheduled: ReadonlySet<number> = new Set([
  eventTypes.taskScheduled,
  eventTypes.timerCreated,
  eventTypes.subOrchestrationInstanceCreated,
]);

/** A history as it is told: what was scheduled stands with what came of it, and only once that has come. */
function toldHistory(events: readonly HistoryEvent[], showOutput: boolean): Record<string, unknown>[] {
  const asked = new Map(
    events.filter(({ EventType }) => scheduled.has(EventType)).map((event) => [event.EventId, event]),
  );
  return events
    .filter(({ EventType }) => !silent.has(EventType) && !scheduled.has(EventType))
    .map((event) => {
      const cause = asked.get(event.TaskScheduledId ?? event.TimerId ?? -1);
      const { Name, Reason, Result, OrchestrationStatus, FireAt } = event;
      return {
        EventType: names.get(event.EventType),
        Timestamp: event.Timestamp,
        ...(cause === undefined ? {} : { ScheduledTime: cause.Timestamp }),
        ...(cause?.Name === undefined ? {} : { FunctionName: cause.Name }),
        ...(event.EventType === eventTypes.executionStarted ? { FunctionName: Name } : {}),
        ...(event.EventType === eventTypes.eventRaised ? { Name } : {}),
        ...(Reason === undefined ? {} : { Reason }),
        ...(FireAt === undefined ? {} : { FireAt }),
        ...(OrchestrationStatus === undefined ? {} : { OrchestrationStatus }),
        ...(showOutput && Result != null ? { Result: JSON.parse(Result) } : {}),
      };
    });
}
