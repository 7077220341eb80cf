import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { pause } from '../retry.ts';

interface Waiting {
  readonly message: ServiceBusReceivedMessage;
  readonly done: () => void;
}

/** How long a batch waits for those that arrive in the same breath, ms. */
const breath = 15;
/** How often a batch that is too small looks again, ms. */
const look = 50;

/**
 * Gathers messages into batches and hands on one after the other: whatever has arrived, up to the largest size; with a
 * smallest size of more than one, it waits for so many, but not for ever.
 */
export class Batches {
  readonly #limits: { readonly smallest: number; readonly largest: number; readonly longestWait: number };
  readonly #handle: (messages: readonly ServiceBusReceivedMessage[]) => Promise<void>;
  readonly #stopping: AbortSignal;
  readonly #waiting: Waiting[] = [];
  #running = false;

  constructor(
    limits: { smallest: number; largest: number; longestWait: number },
    handleBatch: (messages: readonly ServiceBusReceivedMessage[]) => Promise<void>,
    stopping: AbortSignal,
  ) {
    this.#limits = limits;
    this.#handle = handleBatch;
    this.#stopping = stopping;
  }

  /** Resolves when the batch that the message went into has been handled. */
  add(message: ServiceBusReceivedMessage): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ message, done });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      await this.#fill();
      const batch = this.#waiting.splice(0, this.#limits.largest);
      await this.#handle(batch.map(({ message }) => message));
      for (const { done } of batch) done();
    }
    this.#running = false;
  }

  async #fill(): Promise<void> {
    const { smallest, largest, longestWait } = this.#limits;
    if (this.#waiting.length < largest) await pause(breath, this.#stopping);
    const until = Date.now() + longestWait;
    while (this.#waiting.length < smallest && Date.now() < until && !this.#stopping.aborted)
      await pause(look, this.#stopping);
  }
}
