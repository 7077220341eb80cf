import type { OrchestrationContext, Task } from 'durable-functions';
import type { WardRebuilt } from '../shared/boards/index.ts';
import { retries } from './retries.ts';
import type { TrustJobInput } from './trust-job.ts';

/** What came of a ward. `problem`: the code of the error that kept it from being rebuilt. */
export type WardOutcome = WardRebuilt | { readonly ward: string; readonly problem: string };

/** How far a rebuild is; counts only. */
export interface RebuildProgress {
  readonly wards: number;
  readonly rebuilt: number;
  /** Patients whose tile was computed anew. */
  readonly patients: number;
  /** Tiles that were wrong. */
  readonly corrected: number;
  readonly problems: readonly { readonly ward: string; readonly code: string }[];
}

/** Wards at a time: all of a large hospital together would take the throughput that the wards need. */
const atOnce = 8;

/**
 * Orchestrator: rebuilds every ward of a trust, and says how far it is in its custom status. Each task is yielded once
 * only, in one `Task.all`: a task in two of them makes Azure lose count (azure-functions-durable-js issue 574).
 */
export function* rebuildBoards(context: OrchestrationContext): Generator<Task, RebuildProgress> {
  const { df } = context;
  const input = df.getInput<TrustJobInput>();
  const wards = (yield df.callActivityWithRetry('listWards', retries, input)) as string[];
  let progress: RebuildProgress = { wards: wards.length, rebuilt: 0, patients: 0, corrected: 0, problems: [] };
  df.setCustomStatus(progress);
  for (let from = 0; from < wards.length; from += atOnce) {
    const some = wards.slice(from, from + atOnce);
    const rebuild = (ward: string): Task => df.callActivityWithRetry('rebuildWard', retries, { ...input, ward });
    const outcomes = (yield df.Task.all(some.map(rebuild))) as WardOutcome[];
    progress = outcomes.reduce(add, progress);
    df.setCustomStatus(progress);
  }
  return progress;
}

function add(progress: RebuildProgress, outcome: WardOutcome): RebuildProgress {
  if ('problem' in outcome) {
    const { ward, problem: code } = outcome;
    return { ...progress, problems: [...progress.problems, { ward, code }] };
  }
  return {
    ...progress,
    rebuilt: progress.rebuilt + 1,
    patients: progress.patients + outcome.patients,
    corrected: progress.corrected + outcome.corrected,
  };
}
