import type { EncodedMap } from '../amqp/encoded.ts';
import { type MessageFacts, messageFacts } from '../amqp/message-facts.ts';
import { withApplicationProperties, withMessageId } from '../amqp/rewrite.ts';
import type { EntityOptions } from '../entities/entity-options.ts';
import { type AmqpError, amqpErrors } from '../errors.ts';
import { messageState, type StoredMessage } from '../store/message-store.ts';
import type { Destination, Enqueued, EntityContext, IncomingMessage } from './destination.ts';
import { forwardProblem } from './forward-problem.ts';
import { Holdings } from './holdings.ts';
import type { Lock } from './lock-table.ts';
import type { HeldSession } from './session-table.ts';
import { because, type Settlement } from './settlement.ts';
import { Settling } from './settling.ts';
import { storedFields } from './stored-fields.ts';

const noProperties: EncodedMap = new Map();

/** A queue, the queue of a subscription, or one of their dead letters. It knows nothing of connections. */
export class Queue implements Destination {
  readonly id: number;
  readonly path: string;
  options: EntityOptions;
  readonly deadLetters: Queue | undefined;
  readonly transferDeadLetters: Queue | undefined;
  readonly #context: EntityContext;
  readonly #holdings: Holdings;
  readonly #settling: Settling;

  constructor(
    entity: { readonly id: number; readonly path: string },
    options: EntityOptions,
    context: EntityContext,
    letters?: { readonly deadLetters: Queue; readonly transferDeadLetters: Queue },
  ) {
    this.id = entity.id;
    this.path = entity.path;
    this.options = options;
    this.#context = context;
    this.deadLetters = letters?.deadLetters;
    this.transferDeadLetters = letters?.transferDeadLetters;
    this.#holdings = new Holdings(
      entity.id,
      context,
      () => this.options,
      () => this.changed(),
    );
    this.#settling = new Settling(this, this.#holdings, context);
  }

  /** Tells that a message or session may have become available. */
  changed(): void {
    this.#context.changed(this.path);
  }

  // -- in

  refuses(facts: MessageFacts): AmqpError | undefined {
    if (!this.options.canSend) return amqpErrors.disabled(this.path);
    return this.options.sessions && facts.sessionId === undefined ? amqpErrors.sessionIdMissing() : undefined;
  }

  enqueue(message: IncomingMessage): Enqueued {
    const { messages, duplicates } = this.#context.stores;
    const { facts, known = false } = message;
    const { duplicateWindow, forwardTo } = this.options;
    const now = this.#context.now();
    const isDuplicate =
      !known &&
      duplicateWindow > 0 &&
      facts.messageId !== undefined &&
      duplicates.seen(this.id, facts.messageId, now, duplicateWindow);
    if (isDuplicate) return { sequence: messages.nextSequence(this.id), done: () => {} };
    if (!known && facts.scheduledFor !== undefined && facts.scheduledFor > now)
      return this.#insert(message, facts.scheduledFor);
    return forwardTo === undefined ? this.#insert(message, 0) : this.#forward(message, forwardTo);
  }

  /** @param dueAt when a scheduled message is due; 0: it is not scheduled */
  #insert(message: IncomingMessage, dueAt: number): Enqueued {
    const { messages } = this.#context.stores;
    const sequence = messages.nextSequence(this.id);
    // A dead letter stays until somebody takes it.
    const options = { ...this.options, expires: this.deadLetters !== undefined };
    const fields = storedFields(message, { sequence, dueAt, now: this.#context.now(), options });
    const newId = (): string => this.#context.newId().replaceAll('-', '');
    const bytes = message.facts.messageId === undefined ? withMessageId(message.bytes, newId()) : message.bytes;
    const id = messages.insert(this.id, fields, bytes);
    return { sequence, done: () => dueAt === 0 && this.#holdings.appear({ id, ...fields }) };
  }

  #forward(message: IncomingMessage, path: string): Enqueued {
    const hops = (message.hops ?? 0) + 1;
    const target = this.#context.destination(path);
    const problem = forwardProblem(path, target, hops, message.facts);
    if (target !== undefined && problem === undefined) return target.enqueue({ ...message, hops, known: false });
    const bytes = withApplicationProperties(message.bytes, problem ?? noProperties);
    return (this.transferDeadLetters ?? this).#insert({ ...message, bytes, source: this.path }, 0);
  }

  /** A copy that a subscription's rules could not be evaluated for. Call inside `Stores.change`. */
  enqueueDeadLetter(message: IncomingMessage, why: EncodedMap): Enqueued {
    const bytes = withApplicationProperties(message.bytes, why);
    return (this.deadLetters ?? this).enqueue({ ...message, bytes, source: this.path, known: true });
  }

  // -- out

  /** Takes the next message and locks it; undefined when none waits. @param session for a queue with sessions */
  take(session: HeldSession | undefined): Lock | undefined {
    const now = this.#context.now();
    for (;;) {
      const message = this.#holdings.next(session);
      if (message === undefined) return undefined;
      if (message.expiresAt === 0 || message.expiresAt > now) return this.#holdings.lock(message, session);
      this.#unattended(this.expire(message));
    }
  }

  /** Locks messages that were deferred. @returns undefined unless all of them are there and free */
  takeDeferred(sequences: readonly number[], session: HeldSession | undefined): Lock[] | undefined {
    const { messages } = this.#context.stores;
    const found = [...new Set(sequences)].flatMap((sequence) => {
      const message = messages.bySequence(this.id, messageState.deferred, sequence);
      const free = message !== undefined && !this.#holdings.isBusy(message);
      return free && message.session === (session?.id ?? null) ? [message] : [];
    });
    if (found.length < sequences.length) return undefined;
    return found.map((message) => this.#holdings.lock(message, session));
  }

  bytesOf({ id }: StoredMessage): Buffer {
    return this.#context.stores.messages.bytesOf(id);
  }

  /** The lock that a token names, while it holds. */
  held(token: Buffer): Lock | undefined {
    return this.#holdings.locks.held(token, this.#context.now());
  }

  /** @returns when the lock, or the lock on the session, ends now */
  renew(held: Lock | HeldSession): number {
    held.until = this.#context.now() + this.options.lockDuration;
    return held.until;
  }

  acceptSession(id: string | undefined, holder: object): HeldSession | undefined {
    return this.#holdings.acceptSession(id, holder);
  }

  /** A session that somebody holds. */
  heldSession(id: string): HeldSession | undefined {
    const session = this.#holdings.sessions.get(id);
    return session !== undefined && session.until > this.#context.now() ? session : undefined;
  }

  releaseSession(session: HeldSession): void {
    this.#holdings.releaseSession(session);
  }

  // -- settling

  /** @returns the error that the receiver gets; undefined once the settlement is durable */
  async settle(token: Buffer, settlement: Settlement): Promise<AmqpError | undefined> {
    const lock = this.held(token);
    if (lock === undefined) return this.options.sessions ? amqpErrors.sessionLockLost() : amqpErrors.lockLost();
    this.#holdings.locks.remove(lock);
    await this.#settling.settle(lock.message, settlement);
    return undefined;
  }

  /** Deletes a message that is handed over for good (receive-and-delete). */
  async consume(lock: Lock): Promise<void> {
    this.#holdings.locks.remove(lock);
    await this.#settling.remove(lock.message);
  }

  // -- time

  /** Ends a message whose time is over, unless somebody holds it: then it is looked at again when it comes back. */
  async expire(message: StoredMessage): Promise<void> {
    if (this.#holdings.isBusy(message)) return;
    this.#holdings.drop(message);
    const why = because('TTLExpiredException', 'The message expired and was dead lettered.');
    await (this.options.deadLetterExpired ? this.#settling.deadLetter(message, why) : this.#settling.remove(message));
  }

  /** A scheduled message whose time has come is enqueued under a new number. */
  async activate(message: StoredMessage): Promise<void> {
    if (this.#holdings.isBusy(message)) return;
    const { enqueuedSequence } = message;
    await this.#settling.move(message, (bytes) =>
      this.enqueue({ bytes, facts: messageFacts(bytes), enqueuedSequence, known: true }),
    );
  }

  /** Frees what ran out. @returns sessions whose holders lost them */
  tick(): HeldSession[] {
    const { messages, sessions } = this.#holdings.takeExpired();
    for (const message of messages) this.#unattended(this.#settling.fail(message, noProperties));
    return sessions;
  }

  /** Work that nobody waits for: should it fail, the message is free again and the next try comes by itself. */
  #unattended(work: Promise<void>): void {
    work.catch((error: unknown) => this.#context.log(`service-bus: ${this.path}: ${String(error)}`));
  }

  /** What waits here though it should be forwarded, since forwarding was set later. @param limit at most so many */
  async forwardBacklog(limit: number): Promise<void> {
    const path = this.options.forwardTo;
    for (let moved = 0; path !== undefined && moved < limit; moved++) {
      const lock = this.take(undefined);
      if (lock === undefined) return;
      this.#holdings.locks.remove(lock);
      await this.#settling.move(lock.message, (bytes) =>
        this.#forward({ bytes, facts: messageFacts(bytes), known: true }, path),
      );
    }
  }
}
