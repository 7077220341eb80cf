import { integer } from '../amqp/integer.ts';
import { type RheaLink, types } from '../amqp/rhea.ts';
import { ticks } from '../amqp/ticks.ts';
import { amqpErrors } from '../errors.ts';
import type { Queue } from '../messages/queue.ts';
import type { HeldSession } from '../messages/session-table.ts';
import type { ReceiveLinks } from './receive-links.ts';
import { refuseLink } from './refuse-link.ts';

export const sessionFilter = 'com.microsoft:session-filter';
/** Milliseconds. */
const patience = { byDefault: 60_000, atMost: 65_000 };

interface Waiter {
  readonly link: RheaLink;
  readonly queue: Queue;
  readonly deadline: number;
}

/** Links that ask for a session: the answer to their attach is held back until there is one. */
export class SessionWaiters {
  readonly #receiveLinks: ReceiveLinks;
  readonly #now: () => number;
  #waiters: Waiter[] = [];

  constructor(receiveLinks: ReceiveLinks, now: () => number) {
    this.#receiveLinks = receiveLinks;
    this.#now = now;
  }

  /** @param wanted the filter's value: a session's id, or null for the next one that is free */
  open(link: RheaLink, queue: Queue, wanted: unknown): void {
    const value = typeof wanted === 'object' && wanted !== null && 'value' in wanted ? wanted.value : wanted;
    link._process = () => {};
    if (value != null) {
      const session = queue.acceptSession(String(value), link);
      if (session !== undefined) return this.#grant(link, queue, session);
      refuseLink(link, amqpErrors.sessionLocked(String(value)));
      return answer(link);
    }
    const asked = link.properties?.['com.microsoft:timeout'];
    const wait = Math.min(asked == null ? patience.byDefault : integer(asked), patience.atMost);
    this.#waiters.push({ link, queue, deadline: this.#now() + wait });
    this.offer(queue);
  }

  /** Hands out what sessions are free, to those who have waited longest. */
  offer(queue: Queue): void {
    for (const waiter of this.#waiters.filter((one) => one.queue === queue)) {
      const session = queue.acceptSession(undefined, waiter.link);
      if (session === undefined) return;
      this.closed(waiter.link);
      this.#grant(waiter.link, queue, session);
    }
  }

  #grant(link: RheaLink, queue: Queue, session: HeldSession): void {
    link.set_source({ address: link.source?.address, filter: { [sessionFilter]: types.wrap_string(session.id) } });
    link.local.attach['properties'] = { 'com.microsoft:locked-until-utc': types.wrap_long(ticks(session.until)) };
    this.#receiveLinks.open(link, queue, session);
    answer(link);
  }

  /** A link that waits no more; if it was closed, the answer to that must go out. */
  closed(link: RheaLink): void {
    this.#waiters = this.#waiters.filter((waiter) => waiter.link !== link);
    delete link._process;
  }

  /** Refuses those whose patience is over. */
  tick(): void {
    const now = this.#now();
    for (const { link } of this.#waiters.filter(({ deadline }) => deadline <= now)) {
      this.closed(link);
      refuseLink(link, amqpErrors.noSession());
      answer(link);
    }
  }
}

function answer(link: RheaLink): void {
  delete link._process;
  link.connection._register();
}
