import type { EncodedMap } from '../amqp/encoded.ts';
import { messageFacts } from '../amqp/message-facts.ts';
import { withApplicationProperties } from '../amqp/rewrite.ts';
import type { EntityOptions } from '../entities/entity-options.ts';
import { messageState, type StoredMessage } from '../store/message-store.ts';
import type { Destination, Enqueued, EntityContext } from './destination.ts';
import type { Holdings } from './holdings.ts';
import { because, type Settlement } from './settlement.ts';

/** What a queue tells of itself to what ends its messages. */
interface Owner extends Pick<Destination, 'enqueue'> {
  readonly path: string;
  readonly options: EntityOptions;
  readonly deadLetters: Pick<Destination, 'enqueue'> | undefined;
}

/** What becomes of messages that were handed out, or whose time is over. Each change is durable when it resolves. */
export class Settling {
  readonly #owner: Owner;
  readonly #holdings: Holdings;
  readonly #context: EntityContext;

  constructor(owner: Owner, holdings: Holdings, context: EntityContext) {
    this.#owner = owner;
    this.#holdings = holdings;
    this.#context = context;
  }

  async settle(message: StoredMessage, settlement: Settlement): Promise<void> {
    if (settlement.kind === 'complete') await this.remove(message);
    else if (settlement.kind === 'release') this.#holdings.giveBack(message);
    else if (settlement.kind === 'defer') await this.#keep(message, settlement.properties, messageState.deferred);
    else if (settlement.kind === 'abandon') await this.fail(message, settlement.properties);
    else await this.deadLetter(message, settlement.properties);
  }

  remove(message: StoredMessage): Promise<void> {
    return this.#holdings.settling(message, () => this.#context.stores.messages.remove(message.id));
  }

  /** Replaces a message by what `to` makes of it. */
  async move(message: StoredMessage, to: (bytes: Buffer) => Enqueued): Promise<void> {
    const { messages } = this.#context.stores;
    const { done } = await this.#holdings.settling(message, () => {
      const bytes = messages.bytesOf(message.id);
      messages.remove(message.id);
      return to(bytes);
    });
    done();
  }

  /** One delivery more that came to nothing. What was deferred stays deferred. */
  async fail(message: StoredMessage, properties: EncodedMap): Promise<void> {
    const count = message.deliveryCount + 1;
    if (this.#owner.deadLetters === undefined || count < this.#owner.options.maxDeliveryCount)
      return this.#keep(message, properties, message.state);
    message.deliveryCount = count;
    const description = `Message could not be consumed after ${count} delivery attempts.`;
    return this.deadLetter(message, new Map([...properties, ...because('MaxDeliveryCountExceeded', description)]));
  }

  /** Keeps a message, deferred or for the next receiver, with its delivery counted. */
  async #keep(message: StoredMessage, properties: EncodedMap, state: StoredMessage['state']): Promise<void> {
    const { messages } = this.#context.stores;
    const count = message.deliveryCount + 1;
    await this.#holdings.settling(message, () => {
      const bytes =
        properties.size === 0 ? undefined : withApplicationProperties(messages.bytesOf(message.id), properties);
      messages.update(message.id, state, count, bytes);
    });
    message.deliveryCount = count;
    message.state = state;
    this.#holdings.giveBack(message);
  }

  deadLetter(message: StoredMessage, properties: EncodedMap): Promise<void> {
    const { deliveryCount, enqueuedSequence } = message;
    return this.move(message, (original) => {
      const bytes = withApplicationProperties(original, properties);
      const facts = messageFacts(bytes);
      const letter = { bytes, facts, deliveryCount, enqueuedSequence, source: this.#owner.path, known: true };
      const { forwardDeadLettersTo: path } = this.#owner.options;
      const forwarded = path === undefined ? undefined : this.#context.destination(path);
      if (forwarded === undefined || forwarded.refuses(facts) !== undefined)
        return (this.#owner.deadLetters ?? this.#owner).enqueue(letter);
      return forwarded.enqueue({ ...letter, deliveryCount: 0, hops: 1 });
    });
  }
}
