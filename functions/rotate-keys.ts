import type { OrchestrationContext, Task } from 'durable-functions';
import type { Rotated, RotatedPatients } from '../shared/records/index.ts';
import { retries } from './retries.ts';
import type { TrustJobInput } from './trust-job.ts';

/** How far a rotation is; counts only. */
export interface RotationProgress {
  readonly phase: 'announced' | 'record' | 'boards' | 'forgetting' | 'done';
  /** How often the record was gone through: again where something was found to do. */
  readonly pass: number;
  /** Patients seen in the last pass that looked at them. */
  readonly patients: number;
  /** Documents that were sealed or hashed anew. */
  readonly changed: number;
}

/** What a rotation is started with, and goes on with; holds no patient data. */
export interface RotationInput extends TrustJobInput {
  /** Where it goes on; missing: it begins. */
  readonly from?: Place;
  readonly progress?: RotationProgress;
}

/**
 * A place in a pass through the record: among the patients, then among groups of types of what belongs to none. By the first
 * pass every process writes with the new keys, so what a pass finds in order stays in order.
 */
interface Place {
  /** Token of the last patient who was looked at; missing: patients are in order. */
  readonly patientsAfter?: string;
  /** Indices at which groups of types begin that are still to be looked at. */
  readonly types: readonly number[];
  /** What the next pass has to look at, since this one found something to do there. */
  readonly again: { readonly patients: boolean; readonly types: readonly number[] };
}

/** Types at a time, and activities until the history begins anew: it would grow without end. */
const typesAtOnce = 12;
const stepsAtMost = 40;
/** So many passes that leave something mean that something is in the way. */
const passesAtMost = 8;

/**
 * Orchestrator: announces new keys, switches to them, brings all of the record under them until a pass finds nothing more to
 * do, and forgets the hash key before. Between two steps every process has to learn of the first.
 */
export function* rotateKeys(context: OrchestrationContext): Generator<Task, RotationProgress | undefined> {
  const { df } = context;
  const input = df.getInput<RotationInput>();
  const step = (name: string, more: object = {}): Task =>
    df.callActivityWithRetry(name, retries, { trust: input.trust, run: input.run, ...more });
  function* settle(milliseconds: unknown): Generator<Task, void> {
    yield df.createTimer(new Date(df.currentUtcDateTime.getTime() + Number(milliseconds)));
  }
  let progress = input.progress ?? { phase: 'announced', pass: 0, patients: 0, changed: 0 };
  const tell = (more: Partial<RotationProgress>): void => {
    progress = { ...progress, ...more };
    df.setCustomStatus(progress);
  };
  let at = input.from;
  if (at === undefined) {
    tell({});
    yield* settle(yield step('announceKeys'));
    yield* settle(yield step('switchKeys'));
    const { groups } = (yield step('listTypes', { count: typesAtOnce })) as { readonly groups: readonly number[] };
    at = { patientsAfter: '', types: groups, again: nothing };
    tell({ phase: 'record', pass: 1 });
  } else tell({});
  for (let steps = 0; ; steps++) {
    if (steps === stepsAtMost) {
      df.continueAsNew({ ...input, from: at, progress } satisfies RotationInput);
      return undefined;
    }
    const { types, again }: Place = at;
    const [from] = types;
    if (at.patientsAfter !== undefined) {
      const page = (yield step('rotatePatients', { after: at.patientsAfter })) as RotatedPatients;
      tell({ patients: progress.patients + page.patients, changed: progress.changed + page.changed });
      const next: object = page.after === undefined ? {} : { patientsAfter: page.after };
      at = { ...next, types, again: { ...again, patients: again.patients || foundIn(page) } };
    } else if (from !== undefined) {
      const some = (yield step('rotateTypes', { from, count: typesAtOnce })) as Rotated;
      tell({ changed: progress.changed + some.changed });
      const found: readonly number[] = foundIn(some) ? [...again.types, from] : again.types;
      at = { types: types.slice(1), again: { ...again, types: found } };
    } else if (again.patients || again.types.length > 0) {
      if (progress.pass === passesAtMost) throw new Error('Documents remain under the keys before: see their writers.');
      // What was left had been written a moment ago.
      yield* settle(10_000);
      at = { ...(again.patients ? { patientsAfter: '' } : {}), types: again.types, again: nothing };
      tell({ pass: progress.pass + 1, ...(again.patients ? { patients: 0 } : {}) });
    } else break;
  }
  tell({ phase: 'boards' });
  tell({ changed: progress.changed + Number(yield step('resealBoards')), phase: 'forgetting' });
  yield* settle(yield step('finishKeys'));
  yield step('forgetKeys');
  tell({ phase: 'done' });
  return progress;
}

const nothing: Place['again'] = { patients: false, types: [] };
const foundIn = ({ changed, left }: Rotated): boolean => changed + left > 0;
