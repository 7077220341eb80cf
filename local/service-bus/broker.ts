import { claimsBasedSecurity } from './access/cbs.ts';
import type { TokenCheck } from './access/check-token.ts';
import { Grants } from './access/grants.ts';
import { cameWithKey, saslMechanisms } from './access/sasl.ts';
import { modification, rejection } from './amqp/outcome.ts';
import { createContainer, type RheaConnection, type RheaContainer, type RheaLink } from './amqp/rhea.ts';
import { steerSession } from './amqp/steer-session.ts';
import { entityPath } from './entities/entity-path.ts';
import type { Namespace } from './entities/namespace.ts';
import { amqpErrors } from './errors.ts';
import { answerAttach, maximumMessage } from './links/answer-attach.ts';
import type { ReceiveLinks } from './links/receive-links.ts';
import { refuseLink } from './links/refuse-link.ts';
import { RequestLinks } from './links/request-links.ts';
import { SendLinks } from './links/send-links.ts';
import { type SessionWaiters, sessionFilter } from './links/session-waiters.ts';
import { management } from './management/manage.ts';
import type { Stores } from './store/stores.ts';

const options = {
  id: 'local-service-bus',
  max_frame_size: 65_536,
  channel_max: 4999,
  idle_time_out: 240_000,
  session_buffer_size: { incoming: 2048, outgoing: 8192 },
  receiver_options: { autoaccept: false, credit_window: 1000, autosettle: true },
  sender_options: { autosettle: false, treat_modified_as_released: false },
};

export interface BrokerParts {
  readonly namespace: Namespace;
  readonly stores: Stores;
  readonly receiveLinks: ReceiveLinks;
  readonly sessionWaiters: SessionWaiters;
  readonly key: string;
  readonly check: TokenCheck;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** Speaks AMQP 1.0 to Service Bus clients: says which room each link and event belongs to. */
export class Broker {
  readonly #parts: BrokerParts;
  readonly #container: RheaContainer;
  readonly #sendLinks: SendLinks;
  readonly #requestLinks: RequestLinks;
  readonly #grants = new Map<RheaConnection, Grants>();
  /** The path that a link was allowed for. */
  readonly #paths = new WeakMap<RheaLink, string>();

  constructor(parts: BrokerParts) {
    this.#parts = parts;
    this.#sendLinks = new SendLinks(parts.stores, parts.log);
    this.#requestLinks = new RequestLinks(parts.log);
    this.#container = createContainer(options);
    this.#container.sasl_server_mechanisms = saslMechanisms(parts.key);
    this.#listen();
  }

  /** Takes over a socket that speaks AMQP. */
  accept(socket: unknown): void {
    const connection = this.#container.create_connection(options);
    const input = connection.input;
    connection.input = function bounded(bytes) {
      input.call(this, bytes);
      // A frame that announces more than was agreed (AMQP 1.0, 2.7.1) would be collected for ever.
      if ((this.frame_size ?? 0) > 2 * options.max_frame_size) this.socket.destroy?.();
    };
    connection.accept(socket);
  }

  /** Takes over a WebSocket of the subprotocol AMQPWSB10. */
  acceptWebSocket(socket: unknown): void {
    this.#container.websocket_accept(socket, options);
  }

  #listen(): void {
    const { receiveLinks, sessionWaiters, log } = this.#parts;
    const on = this.#container.on.bind(this.#container);
    on('connection_open', ({ connection }) => {
      if (cameWithKey(connection)) this.#grantsOf(connection).allow('', Number.POSITIVE_INFINITY);
    });
    on('session_open', ({ session }) =>
      steerSession(session, (link) => link.close(amqpErrors.tooLarge(undefined, maximumMessage))),
    );
    on('receiver_open', ({ receiver }) => this.#openSender(receiver));
    on('sender_open', ({ sender }) => this.#openReceiver(sender));
    on('message', (context) => void (this.#requestLinks.received(context) || this.#sendLinks.received(context)));
    on('sender_flow', ({ sender }) => receiveLinks.flowed(sender));
    on('accepted', (context) => void receiveLinks.settled(context, { kind: 'complete' }));
    on('released', (context) => void receiveLinks.settled(context, { kind: 'release' }));
    on('rejected', (context) => void receiveLinks.settled(context, rejection(context.delivery)));
    on('modified', (context) => void receiveLinks.settled(context, modification(context.delivery)));
    const closed = (link: RheaLink): void => {
      sessionWaiters.closed(link);
      receiveLinks.closed(link);
    };
    for (const event of ['sender_close', 'sender_error']) on(event, ({ sender }) => closed(sender));
    on('session_close', ({ session }) => Object.values(session.links).forEach(closed));
    for (const event of ['disconnected', 'connection_close'])
      on(event, ({ connection }) => {
        linksOf(connection).forEach(closed);
        this.#grants.delete(connection);
      });
    for (const event of ['receiver_close', 'receiver_error', 'session_error', 'connection_error', 'settled'])
      on(event, () => {});
    for (const event of ['protocol_error', 'error'])
      on(event, (error) => log(`service-bus: a connection was ended: ${String(error)}`));
  }

  #grantsOf(connection: RheaConnection): Grants {
    let grants = this.#grants.get(connection);
    if (grants === undefined) {
      grants = new Grants();
      this.#grants.set(connection, grants);
    }
    return grants;
  }

  /** @returns whether the connection brought a token for the path; if not, the link is refused */
  #isAllowed(link: RheaLink, path: string): boolean {
    this.#paths.set(link, path);
    if (this.#grantsOf(link.connection).allows(path, this.#parts.now())) return true;
    refuseLink(link, amqpErrors.unauthorized());
    return false;
  }

  /** A client attached a sender: to an entity, or to a node that takes requests. */
  #openSender(link: RheaLink): void {
    const { namespace, stores, check, now, log } = this.#parts;
    const path = entityPath(link.target?.address ?? '');
    answerAttach(link);
    if (path === '') return refuseLink(link, amqpErrors.notSupported('A transaction'));
    if (path === '$cbs')
      return this.#requestLinks.openRequests(
        link,
        claimsBasedSecurity(check, (connection) => this.#grantsOf(connection)),
      );
    if (!this.#isAllowed(link, path)) return;
    const managed = managedPath(path);
    if (managed === undefined) {
      const destination = namespace.destination(path);
      if (destination === undefined) return refuseLink(link, amqpErrors.notFound(path));
      return this.#sendLinks.open(link, destination);
    }
    const find = () => {
      const entity = namespace.find(managed);
      return {
        entity,
        queue: namespace.queue(managed),
        topic: entity?.kind === 'topic' ? entity.topic : undefined,
      };
    };
    const { queue, topic } = find();
    if (queue === undefined && topic === undefined) return refuseLink(link, amqpErrors.notFound(path));
    this.#requestLinks.openRequests(link, management(find, { namespace, stores, now, log }));
  }

  /** A client attached a receiver: of an entity's messages, or of replies. */
  #openReceiver(link: RheaLink): void {
    const { namespace, receiveLinks, sessionWaiters } = this.#parts;
    const path = entityPath(link.source?.address ?? '');
    const filter = link.source?.filter;
    answerAttach(link);
    answerDrainsOnce(link);
    if (path === '$cbs') return this.#requestLinks.openReplies(link);
    if (!this.#isAllowed(link, path)) return;
    if (managedPath(path) !== undefined) return this.#requestLinks.openReplies(link);
    const queue = namespace.queue(path);
    if (queue === undefined) return refuseLink(link, amqpErrors.notFound(path));
    const { sessions, canReceive, forwardTo } = queue.options;
    if (!canReceive) return refuseLink(link, amqpErrors.disabled(path));
    if (forwardTo !== undefined) return refuseLink(link, amqpErrors.forwards(path));
    const wantsSession = filter !== undefined && sessionFilter in filter;
    if (sessions !== wantsSession)
      return refuseLink(link, sessions ? amqpErrors.sessionsRequired() : amqpErrors.sessionsNotRequired());
    if (wantsSession) sessionWaiters.open(link, queue, filter[sessionFilter]);
    else receiveLinks.open(link, queue);
  }

  /** Ends links whose tokens are over. */
  tick(): void {
    const now = this.#parts.now();
    for (const [connection, grants] of this.#grants)
      for (const link of linksOf(connection)) {
        const path = this.#paths.get(link);
        if (path !== undefined && link.is_open() && !grants.allows(path, now)) link.close(amqpErrors.tokenExpired());
      }
  }
}

const linksOf = ({ local_channel_map: sessions }: RheaConnection): RheaLink[] =>
  Object.values(sessions).flatMap(({ links }) => Object.values(links));

const managedPath = (path: string): string | undefined => /^(.*)\/\$management$/.exec(path)?.[1];

/** rhea answers no drain when credit is already 0, and must answer each drain exactly once. */
function answerDrainsOnce(link: RheaLink): void {
  link._get_drain = function getDrain(this: RheaLink) {
    if (!this._draining || !this._drained) return false;
    this.delivery_count += this.credit;
    this.credit = 0;
    this._draining = false;
    return true;
  };
}
