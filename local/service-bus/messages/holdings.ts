import type { EntityOptions } from '../entities/entity-options.ts';
import { messageState, type StoredMessage } from '../store/message-store.ts';
import type { EntityContext } from './destination.ts';
import { type Lock, LockTable } from './lock-table.ts';
import { ReadyWindow } from './ready-window.ts';
import { type HeldSession, SessionTable } from './session-table.ts';

/** Who holds which of a queue's messages and sessions, and what is next. */
export class Holdings {
  readonly locks = new LockTable();
  readonly sessions: SessionTable;
  readonly #entity: number;
  readonly #context: EntityContext;
  readonly #options: () => EntityOptions;
  readonly #changed: () => void;
  /** Ids of messages that are locked or being settled. */
  readonly #busy = new Set<number>();
  readonly #window: ReadyWindow;
  /** A session may have become available since the last time none was. */
  #sessionsChanged = true;

  /** @param changed called when a message or session may have become available */
  constructor(entity: number, context: EntityContext, options: () => EntityOptions, changed: () => void) {
    this.#entity = entity;
    this.#context = context;
    this.#options = options;
    this.#changed = changed;
    this.sessions = new SessionTable(context.stores.messages, entity);
    this.#window = this.#windowOf(null);
  }

  #windowOf(session: string | null): ReadyWindow {
    const { messages } = this.#context.stores;
    return new ReadyWindow((after, limit) => messages.ready(this.#entity, session, after, limit), this.#busy);
  }

  isBusy = (message: StoredMessage): boolean => this.#busy.has(message.id);

  /** A message that was stored just now, or became active. */
  appear(message: StoredMessage): void {
    if (message.session === null) this.#window.append(message);
    else {
      const held = this.sessions.get(message.session);
      if (held === undefined) this.#sessionsChanged = true;
      else held.window.append(message);
    }
    this.#changed();
  }

  /** The next message; undefined when none waits. @param session for a queue with sessions */
  next(session: HeldSession | undefined): StoredMessage | undefined {
    return (session?.window ?? this.#window).shift();
  }

  lock(message: StoredMessage, session: HeldSession | undefined): Lock {
    const until = session?.until ?? this.#context.now() + this.#options().lockDuration;
    const lock: Lock = { message, token: this.#context.newLockToken(), until, session };
    this.#busy.add(message.id);
    this.locks.add(lock);
    return lock;
  }

  /** Runs changes that settle a message; should they fail, the message is free again. */
  async settling<T>(message: StoredMessage, work: () => T): Promise<T> {
    this.#busy.add(message.id);
    try {
      const result = await this.#context.stores.change(work);
      this.#busy.delete(message.id);
      return result;
    } catch (error) {
      this.giveBack(message);
      throw error;
    }
  }

  /** A message that nobody holds any more goes to its place in order. */
  giveBack(message: StoredMessage): void {
    this.#busy.delete(message.id);
    if (message.state !== messageState.active) return;
    if (message.session === null) this.#window.giveBack(message);
    else {
      this.sessions.get(message.session)?.window.giveBack(message);
      this.#sessionsChanged = true;
    }
    this.#changed();
  }

  /** A message that will be gone, though nobody took it. */
  drop(message: StoredMessage): void {
    (message.session === null ? this.#window : this.sessions.get(message.session)?.window)?.drop(message);
  }

  /** A session that is free, held by `holder` from now on. @param id undefined: the next one with messages */
  acceptSession(id: string | undefined, holder: object): HeldSession | undefined {
    if (id === undefined && !this.#sessionsChanged) return undefined;
    const wanted = id ?? this.sessions.next();
    if (wanted === undefined) {
      this.#sessionsChanged = false;
      return undefined;
    }
    const now = this.#context.now();
    const held = this.sessions.get(wanted);
    if (held !== undefined && held.until > now) return undefined;
    if (held !== undefined) this.releaseSession(held);
    const until = now + this.#options().lockDuration;
    const session = { id: wanted, holder, window: this.#windowOf(wanted), until };
    this.sessions.hold(session);
    return session;
  }

  /** Gives a session up; its unsettled messages return, not counted as failed deliveries. */
  releaseSession(session: HeldSession): void {
    for (const { message } of this.#letGo(session)) this.giveBack(message);
    this.#changed();
  }

  #letGo(session: HeldSession): Lock[] {
    if (!this.sessions.release(session)) return [];
    this.#sessionsChanged = true;
    return this.locks.takeOf(session);
  }

  /** Takes away what ran out. @returns the messages, and the sessions whose holders lost them */
  takeExpired(): { messages: StoredMessage[]; sessions: HeldSession[] } {
    const now = this.#context.now();
    const sessions = this.sessions.expired(now);
    const locks = [...this.locks.takeExpired(now), ...sessions.flatMap((session) => this.#letGo(session))];
    if (sessions.length > 0) this.#changed();
    return { messages: locks.map(({ message }) => message), sessions };
  }
}
