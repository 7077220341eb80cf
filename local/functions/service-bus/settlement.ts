import type { ServiceBusReceivedMessage } from '@azure/service-bus';

/** The half of a receiver that settles messages. */
interface Settler {
  completeMessage(message: ServiceBusReceivedMessage): Promise<void>;
  abandonMessage(message: ServiceBusReceivedMessage): Promise<void>;
}

type Outcome = 'complete' | 'abandon';

/**
 * Settles the messages of one receiver, never two different outcomes in one turn: rhea 3.0.5 merges these into a single
 * frame and would complete an abandoned message. Equal outcomes go side by side.
 */
export class Settlement {
  readonly #settler: Settler;
  #queue: { readonly message: ServiceBusReceivedMessage; readonly outcome: Outcome; readonly done: () => void }[] = [];
  #running = false;

  constructor(settler: Settler) {
    this.#settler = settler;
  }

  /** Resolves when the broker has it. A lock that is lost means that another delivery is coming: that is no error. */
  settle(message: ServiceBusReceivedMessage, outcome: Outcome): Promise<void> {
    return new Promise((done) => {
      this.#queue.push({ message, outcome, done });
      if (!this.#running) {
        this.#running = true;
        queueMicrotask(() => void this.#run());
      }
    });
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const outcome = this.#queue[0]?.outcome;
      const round = this.#queue.filter((waiting) => waiting.outcome === outcome);
      this.#queue = this.#queue.filter((waiting) => waiting.outcome !== outcome);
      await Promise.allSettled(
        round.map(({ message }) =>
          outcome === 'complete' ? this.#settler.completeMessage(message) : this.#settler.abandonMessage(message),
        ),
      );
      for (const { done } of round) done();
    }
    this.#running = false;
  }
}
