import { type AmqpRequest, decodeMessage, type RheaConnection, type RheaContext, type RheaLink } from '../amqp/rhea.ts';
import { accepted } from '../amqp/steer-session.ts';

/** Answers a request; the message is the reply. */
export type Responder = (request: AmqpRequest, bytes: Buffer, connection: RheaConnection) => Promise<object>;

/** Links of requests and replies: `$cbs` and the entities' `$management`. */
export class RequestLinks {
  readonly #responders = new WeakMap<RheaLink, Responder>();
  readonly #replies = new WeakSet<RheaLink>();
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  openRequests(link: RheaLink, responder: Responder): void {
    this.#responders.set(link, responder);
  }

  openReplies(link: RheaLink): void {
    this.#replies.add(link);
  }

  /** @returns whether the link is one of requests */
  received({ receiver, message: bytes, delivery }: RheaContext): boolean {
    const responder = this.#responders.get(receiver);
    if (responder === undefined) return false;
    delivery.update(true, accepted);
    void this.#respond(receiver.connection, responder, Buffer.from(bytes));
    return true;
  }

  async #respond(connection: RheaConnection, responder: Responder, bytes: Buffer): Promise<void> {
    try {
      const request = decodeMessage(bytes);
      const reply = await responder(request, bytes, connection);
      this.#reply(connection, String(request.reply_to ?? ''), reply);
    } catch (error) {
      // Without a request that can be read there is nobody to answer.
      this.#log(`service-bus: a request could not be answered: ${error instanceof Error ? error.name : 'unknown'}`);
    }
  }

  /** The link to answer on is known by the address that its receiver gave, or by its name (the JavaScript client's `$cbs`). */
  #reply(connection: RheaConnection, to: string, reply: object): void {
    const links = Object.values(connection.local_channel_map).flatMap(({ links: all }) => Object.values(all));
    const open = links.filter((link) => this.#replies.has(link) && link.is_open());
    const link = open.find(({ target }) => target?.address === to) ?? open.find(({ name }) => name === to);
    if (link !== undefined) link.send(reply).settled = true;
  }
}
