import type { Queue } from './queue.ts';
import type { MessageHead } from './rhea.ts';
import type { Store } from './store.ts';

/** A topic copies what it is sent into each of its subscriptions. Only the filter "everything" is supported so far. */
export class Topic {
  readonly path: string;
  readonly subscriptions: Queue[] = [];
  readonly #duplicateWindow: number;
  readonly #store: Store;
  readonly #now: () => number;

  constructor(path: string, duplicateWindow: number, deps: { store: Store; now: () => number }) {
    this.path = path;
    this.#duplicateWindow = duplicateWindow;
    this.#store = deps.store;
    this.#now = deps.now;
  }

  refuses = (head: MessageHead) =>
    this.subscriptions.map((subscription) => subscription.refuses(head)).find((error) => error !== undefined);

  /** Call inside `store.change`. @returns what to do when that is durable. */
  enqueue(bytes: Buffer, head: MessageHead): () => void {
    if (
      this.#duplicateWindow > 0 &&
      head.message_id != null &&
      this.#store.isDuplicate(this.path, String(head.message_id), this.#now(), this.#duplicateWindow)
    ) {
      return () => {};
    }
    const done = this.subscriptions.map((subscription) => subscription.enqueue(bytes, head));
    return () => {
      for (const one of done) one();
    };
  }
}
