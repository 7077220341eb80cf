import { toDelivery } from '../amqp/delivery.ts';
import { reorderGuid } from '../amqp/guid.ts';
import { message, type RheaContext, type RheaDelivery, type RheaLink } from '../amqp/rhea.ts';
import { accepted } from '../amqp/steer-session.ts';
import { amqpErrors } from '../errors.ts';
import type { Lock } from '../messages/lock-table.ts';
import type { Queue } from '../messages/queue.ts';
import type { HeldSession } from '../messages/session-table.ts';
import type { Settlement } from '../messages/settlement.ts';

/** A link on which a client receives from a queue. */
interface ReceiveLink {
  readonly queue: Queue;
  readonly session: HeldSession | undefined;
  /** Receive-and-delete: what is sent is gone. */
  readonly autoDelete: boolean;
  /** Messages that are being deleted before they are sent. */
  leaving: number;
}

/** Links on which clients receive: who gets the next message, and what becomes of it. */
export class ReceiveLinks {
  readonly #links = new Map<RheaLink, ReceiveLink>();
  readonly #ofQueue = new Map<Queue, Set<RheaLink>>();
  readonly #tokens = new WeakMap<RheaDelivery, Buffer>();
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  open(link: RheaLink, queue: Queue, session?: HeldSession): void {
    this.#links.set(link, { queue, session, autoDelete: link.snd_settle_mode === 1, leaving: 0 });
    const others = this.#ofQueue.get(queue);
    if (others === undefined) this.#ofQueue.set(queue, new Set([link]));
    else others.add(link);
    queue.changed();
  }

  /** A client gave credit, or wants to know that there is no more. */
  flowed(link: RheaLink): void {
    this.#links.get(link)?.queue.changed();
  }

  /**
   * A session that a link held is free at once. Without sessions, what it did not settle stays locked until the locks
   * end, as in the service.
   */
  closed(link: RheaLink): void {
    const found = this.#links.get(link);
    if (found === undefined) return;
    this.#links.delete(link);
    const others = this.#ofQueue.get(found.queue);
    others?.delete(link);
    if (others?.size === 0) this.#ofQueue.delete(found.queue);
    if (found.session?.holder === link) found.queue.releaseSession(found.session);
  }

  /** Ends all links of a queue that is gone. */
  closeAll(queue: Queue): void {
    for (const link of this.#ofQueue.get(queue) ?? []) {
      this.#links.delete(link);
      link.close(amqpErrors.notFound(queue.path));
    }
    this.#ofQueue.delete(queue);
  }

  /** Gives every link of a queue, in turn, what it has credit for; then tells those that drain that there is no more. */
  deliver(queue: Queue): void {
    const links = [...(this.#ofQueue.get(queue) ?? [])].filter((link) => link.is_open());
    if (queue.options.canReceive)
      for (let open = links; open.length > 0; ) open = open.filter((link) => this.#deliverOne(link));
    for (const link of links) {
      if (!link._draining || (this.#links.get(link)?.leaving ?? 0) > 0) continue;
      link.set_drained(true);
      link.connection._register();
    }
  }

  /** @returns whether the link can take another */
  #deliverOne(link: RheaLink): boolean {
    const found = this.#links.get(link);
    if (found === undefined) return false;
    const { queue, session } = found;
    const { outgoing } = link.session;
    // link.credit falls only when frames are written, so what is queued must be taken off.
    const queued = outgoing.next_delivery_id - outgoing.next_pending_delivery;
    if (Math.min(link.credit - queued, outgoing.available()) - found.leaving <= 0) return false;
    const lock = queue.take(session);
    if (lock === undefined) return false;
    const bytes = queue.bytesOf(lock.message);
    if (found.autoDelete) void this.#sendForGood(link, found, lock, bytes);
    else {
      const delivery = link.send(
        toDelivery(bytes, { ...lock.message, lockedUntil: lock.until }),
        reorderGuid(lock.token),
        0,
      );
      this.#tokens.set(delivery, lock.token);
    }
    return true;
  }

  /** Deletes, then sends: a crash in between loses what was asked for at most once, and never sends it twice. */
  async #sendForGood(link: RheaLink, found: ReceiveLink, lock: Lock, bytes: Buffer): Promise<void> {
    found.leaving++;
    try {
      await found.queue.consume(lock);
      if (link.is_open()) link.send(toDelivery(bytes, lock.message), undefined, 0);
    } catch (error) {
      this.#log(`service-bus: a message could not be deleted: ${String(error)}`);
    }
    found.leaving--;
    found.queue.changed();
  }

  /** A client settled what this link delivered; it is told when that is durable, or why it cannot be. */
  async settled({ sender, delivery }: RheaContext, settlement: Settlement): Promise<void> {
    const token = this.#tokens.get(delivery);
    const found = this.#links.get(sender);
    if (token === undefined || found === undefined) return;
    this.#tokens.delete(delivery);
    let error = amqpErrors.internal();
    try {
      const refused = await found.queue.settle(token, settlement);
      if (refused === undefined) return settle(delivery, accepted);
      error = refused;
    } catch (cause) {
      this.#log(`service-bus: a settlement could not be stored: ${String(cause)}`);
    }
    settle(delivery, message.rejected({ error }).described());
  }
}

function settle(delivery: RheaDelivery, state: unknown): void {
  delivery.update(true, state);
  // The client never says "settled" in this mode; rhea would keep the delivery for ever.
  delivery.remote_settled = true;
}
