import { AsyncLocalStorage } from 'node:async_hooks';
import type { Registry } from '../functions/core-api.ts';
import type { OrchestratorState } from './actions.ts';
import type { HistoryEvent } from './history.ts';
import type { Instance } from './store.ts';
import type { TaskHub } from './task-hub.ts';

/** What came of a turn. */
export interface OrchestratorResult {
  readonly state: OrchestratorState;
  /** What the orchestrator failed with. */
  readonly failure: string | undefined;
  /** How many tasks the SDK has counted, as far as it can be seen. */
  readonly counted: number | undefined;
}

interface Seen {
  result?: unknown;
  counted?: number | undefined;
}

const looking = new AsyncLocalStorage<Seen>();

/** Label in front of the state in the message of an orchestrator's error (`OrchestrationFailureError` of the SDK). */
const stateLabel = '\n\n$OutOfProcData$:';

/** Replay schema V4 of the SDK: the one with entity locks. */
const replaySchema = 3;

/**
 * Lets `runOrchestrator` see what the SDK returned before it becomes JSON, which forgets that two actions are one task,
 * and how many tasks it counted.
 */
export function watchOrchestrators({ hooks }: Registry): void {
  hooks.postInvocation.push((context) => {
    const seen = looking.getStore();
    if (seen === undefined) return;
    seen.result = context['result'];
    const { df } = Object(context['invocationContext']) as {
      df?: { taskOrchestratorExecutor?: { sequenceNumber?: number } };
    };
    seen.counted = df?.taskOrchestratorExecutor?.sequenceNumber;
  });
}

/** Replays an orchestrator over its history. Never rejects: what it fails with is its result. */
export async function runOrchestrator(
  hub: TaskHub,
  instance: Instance,
  history: readonly HistoryEvent[],
): Promise<OrchestratorResult> {
  const payload = {
    history,
    input: instance.input === null ? null : JSON.parse(instance.input),
    instanceId: instance.id,
    isReplaying: history.some(({ IsPlayed }) => IsPlayed),
    parentInstanceId: instance.parent,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: replaySchema,
    // No timer is so long that it has to be made of several.
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '36500.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: hub.settings.pollPause,
  };
  const seen: Seen = {};
  const failed = (reason: string): string => `Orchestrator function '${instance.name}' failed: ${reason}`;
  try {
    const returned = await looking.run(seen, () =>
      hub.invoke(hub.find('orchestrationTrigger', instance.name), {
        input: { string: JSON.stringify(payload) },
        metadata: { instanceId: { string: instance.id } },
        traceparent: instance.traceparent ?? undefined,
      }),
    );
    const json = returned !== undefined && 'json' in returned ? returned.json : '{}';
    const state = (seen.result ?? JSON.parse(json)) as OrchestratorState;
    return { state, failure: undefined, counted: seen.counted };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = message.indexOf(stateLabel);
    const state: OrchestratorState =
      at < 0 ? { isDone: false, actions: [[]] } : JSON.parse(message.slice(at + stateLabel.length));
    return { state, failure: failed(state.error ?? message), counted: at < 0 ? undefined : seen.counted };
  }
}
