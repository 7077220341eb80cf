import type { OrchestrationContext, Task } from 'durable-functions';
import type { Ods } from '../shared/context.ts';
import { retries } from './retries.ts';

/** What an erasure is started with: ids only. */
export interface ErasureInput {
  readonly trust: Ods;
  /** Id of the request that two people agreed on. */
  readonly id: string;
  /** Token. */
  readonly patient: string;
  /** W3C traceparent of the request. */
  readonly traceparent: string;
}

/** How far an erasure is; ids and counts only. */
export interface ErasureProgress {
  readonly phase: 'attachments' | 'key' | 'sweeping' | 'boards' | 'done';
  /** Documents that are gone. */
  readonly removed: number;
  /** Content outside the record that does not say whose it is: somebody has to look at it. */
  readonly remaining: readonly string[];
}

/** Longer than a writer who read the record before its key went may take. Milliseconds. */
const lastWriters = 20_000;

/**
 * Orchestrator: takes away what the record only names, destroys the patient's key, and removes what it sealed and what led to
 * it, until writers who had begun before have ended.
 */
export function* erasePatient(context: OrchestrationContext): Generator<Task, ErasureProgress> {
  const { df } = context;
  const input = df.getInput<ErasureInput>();
  const step = (name: string): Task => df.callActivityWithRetry(name, retries, input);
  let progress: ErasureProgress = { phase: 'attachments', removed: 0, remaining: [] };
  const tell = (more: Partial<ErasureProgress>): void => {
    progress = { ...progress, ...more };
    df.setCustomStatus(progress);
  };
  tell({});
  const { erased, remaining } = (yield step('eraseAttachments')) as { erased: number; remaining: readonly string[] };
  tell({ phase: 'key', removed: erased, remaining });
  yield step('destroyPatientKey');
  tell({ phase: 'sweeping' });
  for (let swept = 1; swept > 0; ) {
    tell({ removed: progress.removed + Number(yield step('sweepErased')) });
    yield df.createTimer(new Date(df.currentUtcDateTime.getTime() + lastWriters));
    swept = Number(yield step('sweepErased'));
    tell({ removed: progress.removed + swept });
  }
  tell({ phase: 'boards' });
  yield step('eraseFromBoards');
  yield step('closeErasure');
  tell({ phase: 'done' });
  return progress;
}
