import { randomBytes } from 'node:crypto';
import { readHead, withApplicationProperties, withMessageId } from './amqp-message.ts';
import type { EntityOptions } from './entities.ts';
import { type AmqpError, amqpErrors } from './errors.ts';
import type { MessageHead } from './rhea.ts';
import type { Store, StoredMessage } from './store.ts';

/** How a receiver settles a message. */
export type Settlement =
  | { readonly kind: 'complete' }
  | { readonly kind: 'abandon'; readonly properties?: ReadonlyMap<string, unknown> }
  | { readonly kind: 'release' }
  | {
      readonly kind: 'dead-letter';
      readonly reason?: string;
      readonly description?: string;
      readonly properties?: ReadonlyMap<string, unknown>;
    };

/** A message in somebody's hands. Locks live in memory: after a restart every message is free again. */
export interface Lock {
  readonly message: StoredMessage;
  /** 16 bytes in network order. */
  readonly token: Buffer;
  until: number;
  readonly session: Session | undefined;
}

/** A session of a queue: its waiting messages, and who holds it. */
export interface Session {
  readonly id: string;
  readonly ready: StoredMessage[];
  holder: object | undefined;
  until: number;
}

/** A queue or subscription. It knows nothing of connections; the broker asks it for the next message of a link. */
export class Queue {
  readonly path: string;
  readonly options: EntityOptions;
  readonly deadLetters: Queue | undefined;
  readonly #store: Store;
  readonly #now: () => number;
  readonly #changed: (queue: Queue) => void;
  readonly #ready: StoredMessage[] = [];
  readonly #locks = new Map<string, Lock>();
  readonly sessions = new Map<string, Session>();
  #sequence: number;

  /** @param changed called when a message may have become available. */
  constructor(
    path: string,
    options: EntityOptions,
    deps: { store: Store; now: () => number; changed: (queue: Queue) => void },
  ) {
    this.path = path;
    this.options = options;
    this.#store = deps.store;
    this.#now = deps.now;
    this.#changed = deps.changed;
    this.#sequence = deps.store.lastSequence(path);
    const dead = !path.endsWith('/$deadletterqueue');
    this.deadLetters = dead
      ? new Queue(
          `${path}/$deadletterqueue`,
          {
            ...options,
            sessions: false,
            duplicateWindow: 0,
            timeToLive: Number.POSITIVE_INFINITY,
            maxDeliveryCount: Number.POSITIVE_INFINITY,
          },
          deps,
        )
      : undefined;
    for (const message of deps.store.messagesOf(path)) this.#place(message, true);
  }

  /** How many messages wait, locked ones included. */
  get active(): number {
    return (
      this.#ready.length +
      this.#locks.size +
      [...this.sessions.values()].reduce((sum, { ready }) => sum + ready.length, 0)
    );
  }

  session(id: string): Session {
    let session = this.sessions.get(id);
    if (session === undefined) {
      session = { id, ready: [], holder: undefined, until: 0 };
      this.sessions.set(id, session);
    }
    return session;
  }

  /** Why a message cannot be taken; undefined when it can. */
  refuses(head: MessageHead): AmqpError | undefined {
    return this.options.sessions && head.group_id === undefined ? amqpErrors.sessionIdMissing() : undefined;
  }

  /** Stores a message; call inside `store.change`. @returns what to do when that is durable. */
  enqueue(bytes: Buffer, head: MessageHead, extra: { deliveryCount?: number; source?: string } = {}): () => void {
    const now = this.#now();
    if (
      this.options.duplicateWindow > 0 &&
      head.message_id != null &&
      this.#store.isDuplicate(this.path, String(head.message_id), now, this.options.duplicateWindow)
    ) {
      return () => {};
    }
    const lifetime = Math.min(head.ttl ?? Number.POSITIVE_INFINITY, this.options.timeToLive);
    const fields = {
      sequence: ++this.#sequence,
      session: this.options.sessions ? String(head.group_id) : null,
      deliveryCount: extra.deliveryCount ?? 0,
      enqueuedAt: now,
      expiresAt: Number.isFinite(lifetime) ? now + lifetime : 0,
      source: extra.source ?? null,
    };
    const id = this.#store.insert(this.path, fields, head.message_id == null ? withMessageId(bytes) : bytes);
    return () => {
      this.#place({ id, ...fields }, true);
      this.#changed(this);
    };
  }

  #place(message: StoredMessage, fresh: boolean): void {
    const list = message.session === null ? this.#ready : this.session(message.session).ready;
    if (fresh) list.push(message);
    else {
      // What comes back goes to its place in order.
      const index = list.findIndex(({ sequence }) => sequence > message.sequence);
      list.splice(index < 0 ? list.length : index, 0, message);
    }
  }

  /** Takes the next message and locks it; undefined when none waits. */
  take(session: Session | undefined): Lock | undefined {
    const list = session?.ready ?? this.#ready;
    for (;;) {
      const message = list.shift();
      if (message === undefined) return undefined;
      if (message.expiresAt > 0 && message.expiresAt <= this.#now()) {
        void this.#expire(message);
        continue;
      }
      const token = randomBytes(16);
      const lock: Lock = { message, token, until: session?.until ?? this.#now() + this.options.lockDuration, session };
      this.#locks.set(token.toString('hex'), lock);
      return lock;
    }
  }

  bytesOf(message: StoredMessage): Buffer {
    return this.#store.bytesOf(message.id);
  }

  /** Messages from a sequence number on, without locking them. */
  peek(from: number, count: number, session: string | undefined): StoredMessage[] {
    const lists = [
      this.#ready,
      ...[...this.sessions.values()].map(({ ready }) => ready),
      [...this.#locks.values()].map(({ message }) => message),
    ];
    return lists
      .flat()
      .filter((message) => message.sequence >= from && (session === undefined || message.session === session))
      .sort((a, b) => a.sequence - b.sequence)
      .slice(0, count);
  }

  /** The lock that a token names, while it holds. */
  held(token: string): Lock | undefined {
    const lock = this.#locks.get(token);
    const until = lock?.session?.until ?? lock?.until ?? 0;
    return until > this.#now() ? lock : undefined;
  }

  /** @returns the error that the receiver gets; undefined once the settlement is durable. */
  async settle(token: string, settlement: Settlement): Promise<AmqpError | undefined> {
    const lock = this.held(token);
    if (lock === undefined) return this.options.sessions ? amqpErrors.sessionLockLost() : amqpErrors.lockLost();
    this.#locks.delete(token);
    const { message } = lock;
    switch (settlement.kind) {
      case 'complete':
        await this.#store.change(() => this.#store.remove(message.id));
        return undefined;
      case 'release':
        this.#place(message, false);
        this.#changed(this);
        return undefined;
      case 'abandon':
        await this.#failed(message, settlement.properties);
        return undefined;
      case 'dead-letter':
        await this.#deadLetter(message, settlement.reason, settlement.description, settlement.properties);
        return undefined;
    }
  }

  /** Deletes a message that was handed over for good (receive-and-delete). */
  async consume(lock: Lock): Promise<void> {
    this.#locks.delete(lock.token.toString('hex'));
    await this.#store.change(() => this.#store.remove(lock.message.id));
  }

  /** One delivery more that came to nothing. */
  async #failed(message: StoredMessage, properties?: ReadonlyMap<string, unknown>): Promise<void> {
    message.deliveryCount++;
    if (message.deliveryCount >= this.options.maxDeliveryCount) {
      return this.#deadLetter(
        message,
        'MaxDeliveryCountExceeded',
        `Message could not be consumed after ${message.deliveryCount} delivery attempts.`,
        properties,
      );
    }
    const bytes =
      properties === undefined || properties.size === 0
        ? undefined
        : withApplicationProperties(this.bytesOf(message), properties);
    await this.#store.change(() => this.#store.countDelivery(message.id, message.deliveryCount, bytes));
    this.#place(message, false);
    this.#changed(this);
  }

  async #deadLetter(
    message: StoredMessage,
    reason: string | undefined,
    description: string | undefined,
    properties: ReadonlyMap<string, unknown> = new Map(),
  ): Promise<void> {
    const target = this.deadLetters;
    const added = new Map(properties);
    if (reason !== undefined) added.set('DeadLetterReason', reason);
    if (description !== undefined) added.set('DeadLetterErrorDescription', description);
    const done = await this.#store.change(() => {
      const bytes = withApplicationProperties(this.bytesOf(message), added);
      this.#store.remove(message.id);
      return target?.enqueue(bytes, readHead(bytes), { deliveryCount: message.deliveryCount, source: this.path });
    });
    done?.();
  }

  async #expire(message: StoredMessage): Promise<void> {
    if (this.options.deadLetterExpired)
      await this.#deadLetter(message, 'TTLExpiredException', 'The message expired and was dead lettered.');
    else await this.#store.change(() => this.#store.remove(message.id));
  }

  renew(lock: Lock): number {
    lock.until = this.#now() + this.options.lockDuration;
    return lock.until;
  }

  /** A session that is free; with `id` that one, else any with messages. */
  freeSession(id: string | undefined): Session | undefined {
    const free = (session: Session): boolean => session.holder === undefined || session.until <= this.#now();
    if (id !== undefined) {
      const session = this.session(id);
      return free(session) ? session : undefined;
    }
    for (const session of this.sessions.values()) if (session.ready.length > 0 && free(session)) return session;
    return undefined;
  }

  acceptSession(session: Session, holder: object): void {
    if (session.holder !== undefined) this.releaseSession(session);
    session.holder = holder;
    session.until = this.#now() + this.options.lockDuration;
  }

  renewSession(session: Session): number {
    session.until = this.#now() + this.options.lockDuration;
    return session.until;
  }

  /** Gives a session up; its unsettled messages return to their places, not counted as failed deliveries. */
  releaseSession(session: Session): void {
    session.holder = undefined;
    session.until = 0;
    for (const [token, lock] of this.#locks) {
      if (lock.session !== session) continue;
      this.#locks.delete(token);
      this.#place(lock.message, false);
    }
    if (session.ready.length === 0 && this.#store.sessionState(this.path, session.id) === undefined)
      this.sessions.delete(session.id);
    this.#changed(this);
  }

  /** What a receiver held and did not settle when its link went: free at once, as the service does after the lock. */
  releaseLocks(tokens: Iterable<string>): void {
    for (const token of tokens) {
      const lock = this.#locks.get(token);
      if (lock === undefined || lock.session !== undefined) continue;
      this.#locks.delete(token);
      this.#place(lock.message, false);
    }
    this.#changed(this);
  }

  /** Locks and sessions that ran out, messages that expired. @returns sessions whose holder lost them. */
  tick(): Session[] {
    const now = this.#now();
    for (const [token, lock] of this.#locks) {
      if (lock.session !== undefined || lock.until > now) continue;
      this.#locks.delete(token);
      void this.#failed(lock.message);
    }
    const lost: Session[] = [];
    for (const session of this.sessions.values()) {
      if (session.holder === undefined || session.until > now) continue;
      lost.push({ ...session });
      session.holder = undefined;
      for (const [token, lock] of this.#locks) {
        if (lock.session !== session) continue;
        this.#locks.delete(token);
        void this.#failed(lock.message);
      }
    }
    return lost;
  }

  /** Drops what has left the window of duplicate detection. */
  async forgetDuplicates(): Promise<void> {
    const { duplicateWindow } = this.options;
    if (duplicateWindow > 0)
      await this.#store.change(() => this.#store.forgetDuplicates(this.path, this.#now() - duplicateWindow));
  }
}
