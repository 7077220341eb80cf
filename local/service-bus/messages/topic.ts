import { type MessageFacts, messageFacts } from '../amqp/message-facts.ts';
import type { EntityOptions } from '../entities/entity-options.ts';
import { type AmqpError, amqpErrors } from '../errors.ts';
import { messageState, type StoredMessage } from '../store/message-store.ts';
import type { Destination, Enqueued, EntityContext, IncomingMessage } from './destination.ts';
import type { Subscription } from './subscription.ts';

/** A topic copies what it is sent into those of its subscriptions whose rules match. */
export class Topic implements Destination {
  readonly id: number;
  readonly path: string;
  options: EntityOptions;
  readonly subscriptions = new Map<string, Subscription>();
  readonly #context: EntityContext;

  constructor(entity: { readonly id: number; readonly path: string }, options: EntityOptions, context: EntityContext) {
    this.id = entity.id;
    this.path = entity.path;
    this.options = options;
    this.#context = context;
  }

  refuses(facts: MessageFacts): AmqpError | undefined {
    if (!this.options.canSend) return amqpErrors.disabled(this.path);
    for (const { queue } of this.subscriptions.values())
      if (queue.options.sessions && facts.sessionId === undefined) return amqpErrors.sessionIdMissing();
    return undefined;
  }

  /** The topic numbers the message; every copy carries that number as its enqueued sequence number. */
  enqueue(message: IncomingMessage): Enqueued {
    const { messages, duplicates } = this.#context.stores;
    const { facts, known = false } = message;
    const now = this.#context.now();
    const sequence = messages.nextSequence(this.id);
    const isDuplicate =
      !known &&
      this.options.duplicateWindow > 0 &&
      facts.messageId !== undefined &&
      duplicates.seen(this.id, facts.messageId, now, this.options.duplicateWindow);
    if (isDuplicate) return { sequence, done: () => {} };
    if (!known && facts.scheduledFor !== undefined && facts.scheduledFor > now)
      return this.#schedule(message, sequence, facts.scheduledFor);
    const timeToLive = Math.min(facts.timeToLive ?? Number.POSITIVE_INFINITY, this.options.timeToLive);
    const numbered = {
      ...message,
      facts: { ...facts, timeToLive },
      enqueuedSequence: message.enqueuedSequence ?? sequence,
      known: true,
    };
    const copies = [...this.subscriptions.values()].flatMap((subscription) => subscription.copies(numbered));
    return {
      sequence,
      done: () => {
        for (const copy of copies) copy.done();
      },
    };
  }

  #schedule({ bytes, facts }: IncomingMessage, sequence: number, dueAt: number): Enqueued {
    const fields = {
      sequence,
      enqueuedSequence: sequence,
      state: messageState.scheduled,
      session: facts.sessionId ?? null,
      deliveryCount: 0,
      enqueuedAt: dueAt,
      expiresAt: 0,
      dueAt,
      source: null,
    };
    this.#context.stores.messages.insert(this.id, fields, bytes);
    return { sequence, done: () => {} };
  }

  /** A scheduled message whose time has come goes to the subscriptions. */
  async activate(message: StoredMessage): Promise<void> {
    const { messages, change } = this.#context.stores;
    const copies = await change(() => {
      // Another look at what is due may have seen it before this one was committed.
      if (messages.bySequence(this.id, messageState.scheduled, message.sequence) === undefined) return undefined;
      const bytes = messages.bytesOf(message.id);
      messages.remove(message.id);
      return this.enqueue({
        bytes,
        facts: messageFacts(bytes),
        enqueuedSequence: message.enqueuedSequence,
        known: true,
      });
    });
    copies?.done();
  }
}
