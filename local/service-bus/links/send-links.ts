import { type MessageFacts, messageFacts } from '../amqp/message-facts.ts';
import { message, type RheaContext, type RheaLink } from '../amqp/rhea.ts';
import { batchedMessages } from '../amqp/sections.ts';
import { accepted } from '../amqp/steer-session.ts';
import { type AmqpError, amqpErrors } from '../errors.ts';
import type { Destination } from '../messages/destination.ts';
import type { Stores } from '../store/stores.ts';
import { maximumMessage } from './answer-attach.ts';

const batchFormat = 0x8001_3700;

/** Links on which clients send messages to queues and topics. */
export class SendLinks {
  readonly #destinations = new WeakMap<RheaLink, Destination>();
  readonly #stores: Stores;
  readonly #log: (line: string) => void;

  constructor(stores: Stores, log: (line: string) => void) {
    this.#stores = stores;
    this.#log = log;
  }

  open(link: RheaLink, destination: Destination): void {
    this.#destinations.set(link, destination);
  }

  /** Takes a message or a batch, whole or not at all; says so when it is durable. */
  received({ receiver, message: bytes, delivery, format }: RheaContext): void {
    const destination = this.#destinations.get(receiver);
    if (destination === undefined) return;
    const reject = (error: AmqpError): void => delivery.update(true, message.rejected({ error }).described());
    if (bytes.length > maximumMessage) return reject(amqpErrors.tooLarge(bytes.length, maximumMessage));
    let messages: readonly { readonly bytes: Buffer; readonly facts: MessageFacts }[];
    try {
      const all = format === batchFormat ? batchedMessages(bytes) : [Buffer.from(bytes)];
      messages = all.map((one) => ({ bytes: one, facts: messageFacts(one) }));
    } catch {
      return reject(amqpErrors.malformed());
    }
    const refusal = messages.map(({ facts }) => destination.refuses(facts)).find((error) => error !== undefined);
    if (refusal !== undefined) return reject(refusal);
    this.#stores
      .change(() => messages.map((one) => destination.enqueue(one)))
      .then((enqueued) => {
        delivery.update(true, accepted);
        for (const one of enqueued) one.done();
      })
      .catch((error: unknown) => {
        this.#log(`service-bus: a message could not be stored: ${String(error)}`);
        reject(amqpErrors.internal());
      });
  }
}
