import type { MessageStore } from '../store/message-store.ts';
import type { ReadyWindow } from './ready-window.ts';

/** A session that a receiver holds. Sessions that nobody holds are on disk only. */
export interface HeldSession {
  readonly id: string;
  /** Whoever holds it. */
  readonly holder: object;
  readonly window: ReadyWindow;
  until: number;
}

/** The sessions of a queue: who holds which, and which is next. */
export class SessionTable {
  readonly #held = new Map<string, HeldSession>();
  readonly #messages: MessageStore;
  readonly #entity: number;
  /** The session last handed out: the next one is looked for behind it, so that each has its turn. */
  #last: string | undefined;

  constructor(messages: MessageStore, entity: number) {
    this.#messages = messages;
    this.#entity = entity;
  }

  get(id: string): HeldSession | undefined {
    return this.#held.get(id);
  }

  hold(session: HeldSession): void {
    this.#held.set(session.id, session);
    this.#last = session.id;
  }

  /** @returns whether it was still held as this */
  release(session: HeldSession): boolean {
    if (this.#held.get(session.id) !== session) return false;
    return this.#held.delete(session.id);
  }

  expired(now: number): HeldSession[] {
    return [...this.#held.values()].filter(({ until }) => until <= now);
  }

  /** The next session that has messages and is free. */
  next(): string | undefined {
    let candidate = this.#last === undefined ? undefined : this.#messages.sessionAfter(this.#entity, this.#last);
    // Among one session more than are held, one is free.
    for (let steps = this.#held.size + 2; steps > 0; steps--) {
      candidate ??= this.#messages.firstSession(this.#entity);
      if (candidate === undefined || !this.#held.has(candidate)) return candidate;
      candidate = this.#messages.sessionAfter(this.#entity, candidate);
    }
    return undefined;
  }
}
