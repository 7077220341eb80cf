import type { HostState } from './admin.ts';
import type { RegisteredFunction } from './core-api.ts';
import type { Extension, Listener } from './extension.ts';
import type { Invoke } from './invoke.ts';

/** What calls the app's functions other than requests, and how many calls are under way. */
export class TriggerListeners implements HostState {
  readonly #extensions: readonly Extension[];
  readonly #listeners: Listener[] = [];
  #stopping: Promise<void> | undefined;
  #stopped = false;
  #outstanding = 0;

  constructor(extensions: readonly Extension[]) {
    this.#extensions = extensions;
  }

  /** An invoke that is counted. */
  counting(invoke: Invoke): Invoke {
    return async (one, invocation) => {
      this.#outstanding++;
      try {
        return await invoke(one, invocation);
      } finally {
        this.#outstanding--;
      }
    };
  }

  async start(functions: readonly RegisteredFunction[]): Promise<void> {
    for (const extension of this.#extensions) {
      const listener = await extension.start?.();
      if (listener !== undefined) this.#listeners.push(listener);
    }
    for (const one of functions) {
      const type = one.trigger.binding.type.toLowerCase();
      this.#listeners.push(...this.#extensions.flatMap(({ triggers = {} }) => triggers[type]?.listen?.(one) ?? []));
    }
  }

  /** Resolves when no trigger calls anything any more. */
  stop(): Promise<void> {
    this.#stopping ??= Promise.allSettled(this.#listeners.map((listener) => listener.stop())).then(() => {
      this.#stopped = true;
    });
    return this.#stopping;
  }

  drain(): void {
    void this.stop();
  }

  draining(): 'Disabled' | 'InProgress' | 'Completed' {
    if (this.#stopping === undefined) return 'Disabled';
    return this.#stopped && this.#outstanding === 0 ? 'Completed' : 'InProgress';
  }

  outstanding(): number {
    return this.#outstanding;
  }
}
