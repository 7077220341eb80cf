/**
 * Kinds of history events, as Durable Task numbers them
 * (https://github.com/Azure/durabletask/blob/main/src/DurableTask.Core/History/EventType.cs).
 */
export const eventTypes = {
  executionStarted: 0,
  executionCompleted: 1,
  executionTerminated: 3,
  taskScheduled: 4,
  taskCompleted: 5,
  taskFailed: 6,
  subOrchestrationInstanceCreated: 7,
  subOrchestrationInstanceCompleted: 8,
  subOrchestrationInstanceFailed: 9,
  timerCreated: 10,
  timerFired: 11,
  orchestratorStarted: 12,
  orchestratorCompleted: 13,
  eventSent: 14,
  eventRaised: 15,
  genericEvent: 17,
  executionSuspended: 19,
  executionResumed: 20,
} as const;
export type EventType = (typeof eventTypes)[keyof typeof eventTypes];

/** How an error travels when the app asked for its properties (`setExceptionPropertiesProvider`). */
export interface FailureDetails {
  readonly ErrorType: string;
  readonly ErrorMessage: string;
  readonly StackTrace?: string | undefined;
  readonly IsNonRetriable?: boolean;
  readonly Properties?: unknown;
}

/** What an event says beside its kind and moment. `Input` and `Result` hold JSON text. */
export interface EventDetails {
  readonly EventId?: number;
  readonly Name?: string;
  readonly Version?: string;
  readonly Input?: string | null;
  readonly Result?: string | null;
  readonly Reason?: string | null;
  readonly Details?: string;
  readonly FailureDetails?: FailureDetails;
  readonly TaskScheduledId?: number;
  readonly TimerId?: number;
  /** RFC 3339. */
  readonly FireAt?: string;
  readonly InstanceId?: string;
  readonly OrchestrationStatus?: string;
}

/** One line of an orchestration's history, in the form in which the SDK reads it. */
export interface HistoryEvent extends EventDetails {
  readonly EventType: EventType;
  readonly EventId: number;
  readonly IsPlayed: boolean;
  /** RFC 3339. */
  readonly Timestamp: string;
}

/** An event that has just happened. */
export const historyEvent = (type: keyof typeof eventTypes, at: Date, details: EventDetails = {}): HistoryEvent => ({
  EventId: -1,
  ...details,
  EventType: eventTypes[type],
  IsPlayed: false,
  Timestamp: at.toISOString(),
});

const failures: ReadonlySet<EventType> = new Set([eventTypes.taskFailed, eventTypes.subOrchestrationInstanceFailed]);
export const isFailure = ({ EventType }: HistoryEvent): boolean => failures.has(EventType);

/** Id or name by which the SDK finds the task that an event ends; undefined: it ends none. */
export function taskKey(event: HistoryEvent): string | undefined {
  switch (event.EventType) {
    case eventTypes.taskCompleted:
    case eventTypes.taskFailed:
    case eventTypes.subOrchestrationInstanceCompleted:
    case eventTypes.subOrchestrationInstanceFailed:
      return String(event.TaskScheduledId);
    case eventTypes.timerFired:
      return String(event.TimerId);
    case eventTypes.eventRaised:
      return event.Name;
    default:
      return undefined;
  }
}
