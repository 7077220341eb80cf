/** Kinds of actions in what `durable-functions` 3.5 returns from an orchestrator (its `ActionType`). */
export const actionTypes = {
  callActivity: 0,
  callActivityWithRetry: 1,
  callSubOrchestrator: 2,
  callSubOrchestratorWithRetry: 3,
  continueAsNew: 4,
  createTimer: 5,
  waitForExternalEvent: 6,
  callEntity: 7,
  callHttp: 8,
  signalEntity: 9,
  whenAny: 11,
  whenAll: 12,
  lockEntities: 13,
  releaseEntities: 14,
} as const;

export interface RetryPolicy {
  readonly firstRetryIntervalInMilliseconds: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient?: number;
  readonly maxRetryIntervalInMilliseconds?: number;
}

export interface EntityName {
  readonly name: string;
  readonly key: string;
}

/** A request that the host makes on an orchestrator's behalf. */
export interface DurableHttpRequest {
  readonly method: string;
  readonly uri: string;
  readonly content?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tokenSource?: { readonly kind: string; readonly resource: string };
  /** Whether a 202 with a Location is asked again until it is something else. */
  readonly asynchronousPatternEnabled?: boolean;
}

/** An activity's input is a value, except for text: that comes as JSON text already (the SDK's `processInput`). */
export interface ActivityAction {
  readonly actionType: typeof actionTypes.callActivity | typeof actionTypes.callActivityWithRetry;
  readonly functionName: string;
  readonly input?: unknown;
  readonly retryOptions?: RetryPolicy;
}
export interface SubOrchestratorAction {
  readonly actionType: typeof actionTypes.callSubOrchestrator | typeof actionTypes.callSubOrchestratorWithRetry;
  readonly functionName: string;
  readonly instanceId?: string;
  readonly version?: string;
  readonly input?: unknown;
  readonly retryOptions?: RetryPolicy;
}
export interface TimerAction {
  readonly actionType: typeof actionTypes.createTimer;
  /** RFC 3339 once it has been JSON. */
  readonly fireAt: string | Date;
  readonly isCanceled: boolean;
}
export interface EntityAction {
  readonly actionType: typeof actionTypes.callEntity | typeof actionTypes.signalEntity;
  /** `@name@key`, the name in lower case. */
  readonly instanceId: string;
  readonly operation: string;
  readonly input?: unknown;
}
export interface LockAction {
  readonly actionType: typeof actionTypes.lockEntities;
  readonly lockSet: readonly EntityName[];
  readonly lockRequestId: string;
}
export interface CompoundAction {
  readonly actionType: typeof actionTypes.whenAll | typeof actionTypes.whenAny;
  readonly compoundActions: readonly Action[];
}

export type Action =
  | ActivityAction
  | SubOrchestratorAction
  | TimerAction
  | EntityAction
  | LockAction
  | CompoundAction
  | { readonly actionType: typeof actionTypes.continueAsNew; readonly input?: unknown }
  | { readonly actionType: typeof actionTypes.waitForExternalEvent; readonly externalEventName: string }
  | { readonly actionType: typeof actionTypes.callHttp; readonly httpRequest: DurableHttpRequest }
  | { readonly actionType: typeof actionTypes.releaseEntities };

/** What an orchestrator returned: everything that it did since it started, and where that left it. */
export interface OrchestratorState {
  readonly isDone: boolean;
  /** One list inside another (schema V2 and later). */
  readonly actions: readonly (readonly Action[])[];
  readonly output?: unknown;
  readonly customStatus?: unknown;
  readonly error?: string;
  readonly failureDetails?: unknown;
}

/** `@name@key`: how an entity is addressed. */
export const entityId = ({ name, key }: EntityName): string => `@${name.toLowerCase()}@${key}`;

/** JSON text of an activity's or a new generation's input. */
export const processedInput = (input: unknown): string | null =>
  input === undefined || input === null ? null : typeof input === 'string' ? input : JSON.stringify(input);
