import type { RegisteredFunction } from '../functions/core-api.ts';
import type { Invoke } from '../functions/invoke.ts';
import type { GroupCommit } from '../sqlite.ts';
import type { DurableSettings } from './settings.ts';
import type { Store } from './store.ts';

export type DurableTrigger = 'orchestrationTrigger' | 'activityTrigger' | 'entityTrigger';

/** What everything in this room works on. */
export interface TaskHub {
  readonly store: Store;
  readonly commit: GroupCommit;
  readonly settings: DurableSettings;
  readonly invoke: Invoke;
  /** Settings of the app. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** @throws Error when the app has no such function */
  find(trigger: DurableTrigger, name: string): RegisteredFunction;
  now(): Date;
  newId(): string;
  log(line: string): void;
  /** Something may have become runnable. */
  wake(): void;
}

const kinds: Readonly<Record<DurableTrigger, string>> = {
  orchestrationTrigger: 'an orchestrator function',
  activityTrigger: 'an activity function',
  entityTrigger: 'an entity function',
};

/** Looks functions up as the extension does: by trigger, and by name in any case. */
export const finder =
  (functions: readonly RegisteredFunction[]): TaskHub['find'] =>
  (trigger, name) => {
    const found = functions.find(
      (one) => one.trigger.binding.type === trigger && one.name.toLowerCase() === name.toLowerCase(),
    );
    if (found === undefined)
      throw new Error(`The function '${name}' doesn't exist, is disabled, or is not ${kinds[trigger]}.`);
    return found;
  };
