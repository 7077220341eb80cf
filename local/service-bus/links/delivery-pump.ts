import type { Queue } from '../messages/queue.ts';
import type { ReceiveLinks } from './receive-links.ts';
import type { SessionWaiters } from './session-waiters.ts';

/** Hands out what has become available, once a turn of the event loop for each queue, however often it changed. */
export class DeliveryPump {
  readonly #receiveLinks: ReceiveLinks;
  readonly #sessionWaiters: SessionWaiters;
  readonly #log: (line: string) => void;
  #changed = new Set<Queue>();

  constructor(receiveLinks: ReceiveLinks, sessionWaiters: SessionWaiters, log: (line: string) => void) {
    this.#receiveLinks = receiveLinks;
    this.#sessionWaiters = sessionWaiters;
    this.#log = log;
  }

  wake(queue: Queue): void {
    if (this.#changed.size === 0) setImmediate(() => this.#deliver());
    this.#changed.add(queue);
  }

  #deliver(): void {
    const queues = this.#changed;
    this.#changed = new Set();
    for (const queue of queues) {
      try {
        if (queue.options.sessions) this.#sessionWaiters.offer(queue);
        this.#receiveLinks.deliver(queue);
      } catch (error) {
        this.#log(`service-bus: ${queue.path} could not be delivered: ${String(error)}`);
      }
    }
  }
}
