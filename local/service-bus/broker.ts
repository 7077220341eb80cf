import type { Server } from 'node:net';
import { batchedMessages, readHead, reorderGuid, toDelivery, typedMap } from './amqp-message.ts';
import { type EmulatorConfig, entityOptions } from './entities.ts';
import { type AmqpError, amqpErrors } from './errors.ts';
import { manage } from './management.ts';
import { Queue, type Session, type Settlement } from './queue.ts';
import {
  createContainer,
  decodeMessage,
  type MessageHead,
  message,
  type RheaConnection,
  type RheaContext,
  type RheaDelivery,
  type RheaLink,
  type SaslMechanism,
  type Typed,
  types,
} from './rhea.ts';
import { keyName, refuseSas } from './sas.ts';
import type { Store } from './store.ts';
import { Topic } from './topic.ts';

/** Standard tier. */
const maximumMessage = 256 * 1024;
const batchFormat = 0x80013700;
const sessionFilter = 'com.microsoft:session-filter';

/** What a link is for, by link. */
type Role =
  | { readonly kind: 'cbs' | 'reply'; readonly replyTo?: string }
  | { readonly kind: 'send'; readonly target: Queue | Topic }
  | { readonly kind: 'manage'; readonly queue: Queue | undefined }
  | {
      readonly kind: 'receive';
      readonly queue: Queue;
      readonly autoDelete: boolean;
      session: Session | undefined;
      readonly tokens: Set<string>;
    };

interface Waiting {
  readonly link: RheaLink;
  readonly queue: Queue;
  readonly deadline: number;
  readonly grant: (session: Session) => void;
  readonly fail: () => void;
}

/** Speaks AMQP 1.0 to Service Bus clients. */
export class Broker {
  readonly #entities = new Map<string, Queue | Topic>();
  readonly #roles = new WeakMap<RheaLink, Role>();
  readonly #receivers = new Map<Queue, Set<RheaLink>>();
  readonly #authorized = new WeakSet<RheaConnection>();
  readonly #tokens = new WeakMap<RheaDelivery, string>();
  readonly #dirty = new Set<Queue>();
  #waiting: Waiting[] = [];
  readonly #store: Store;
  readonly #key: string;
  readonly #log: (line: string) => void;
  readonly #timers: NodeJS.Timeout[];

  constructor(options: { store: Store; key: string; config: EmulatorConfig; log: (line: string) => void }) {
    this.#store = options.store;
    this.#key = options.key;
    this.#log = options.log;
    this.#declare(options.config);
    this.#timers = [setInterval(() => this.#tick(), 200), setInterval(() => this.#forget(), 60_000)];
    for (const timer of this.#timers) timer.unref();
  }

  /** Queues and subscriptions with their counts. */
  counts(): { path: string; active: number; deadLettered: number }[] {
    return this.#queues().map((queue) => ({
      path: queue.path,
      active: queue.active,
      deadLettered: queue.deadLetters?.active ?? 0,
    }));
  }

  #queues = (): Queue[] =>
    [...this.#entities.values()].flatMap((entity) =>
      entity instanceof Queue && entity.deadLetters !== undefined ? [entity] : [],
    );

  #declare(config: EmulatorConfig): void {
    const deps = { store: this.#store, now: Date.now, changed: (queue: Queue) => this.#wake(queue) };
    const add = (queue: Queue): Queue => {
      this.#entities.set(queue.path, queue);
      if (queue.deadLetters !== undefined) this.#entities.set(queue.deadLetters.path, queue.deadLetters);
      return queue;
    };
    for (const namespace of config.UserConfig.Namespaces) {
      for (const { Name, Properties } of namespace.Queues ?? [])
        add(new Queue(Name.toLowerCase(), entityOptions(Properties), deps));
      for (const { Name, Properties, Subscriptions = [] } of namespace.Topics ?? []) {
        const topic = new Topic(Name.toLowerCase(), entityOptions(Properties).duplicateWindow, deps);
        this.#entities.set(topic.path, topic);
        for (const subscription of Subscriptions) {
          if ((subscription.Rules ?? []).length > 0)
            throw new Error(
              `Subscription ${subscription.Name}: rules are not supported by this server; every message is copied.`,
            );
          topic.subscriptions.push(
            add(
              new Queue(
                `${topic.path}/subscriptions/${subscription.Name.toLowerCase()}`,
                entityOptions(subscription.Properties),
                deps,
              ),
            ),
          );
        }
      }
    }
  }

  listen(port: number): Server {
    const container = createContainer({
      id: 'local-service-bus',
      max_frame_size: 65_536,
      channel_max: 4999,
      idle_time_out: 240_000,
      session_buffer_size: { incoming: 2048, outgoing: 8192 },
      receiver_options: { autoaccept: false, credit_window: 1000, autosettle: true },
      sender_options: { autosettle: false, treat_modified_as_released: false },
    });
    const open = (): SaslMechanism => ({
      outcome: undefined,
      start() {
        this.outcome = true;
      },
    });
    const plain = (): SaslMechanism => ({
      outcome: undefined,
      start: (() => {
        const key = this.#key;
        return function start(this: SaslMechanism, response = new Uint8Array()) {
          const [, user, password] = Buffer.from(response).toString().split('\0');
          this.outcome = user === keyName && password === key;
          this.authorizes = this.outcome;
        };
      })(),
    });
    container.sasl_server_mechanisms = { MSSBCBS: open, ANONYMOUS: open, EXTERNAL: open, PLAIN: plain };
    container.on('connection_open', ({ connection }) => {
      const mechanism =
        connection.sasl_transport?.selected?.authorizes ?? connection.sasl_transport?.mechanism?.authorizes;
      if (mechanism === true) this.#authorized.add(connection);
    });
    container.on('receiver_open', ({ receiver }) => this.#attachSender(receiver));
    container.on('sender_open', ({ sender }) => this.#attachReceiver(sender));
    container.on('message', (context) => this.#received(context));
    container.on('sender_flow', ({ sender }) => this.#flowed(sender));
    container.on('accepted', (context) => void this.#settled(context, { kind: 'complete' }));
    container.on('released', (context) => void this.#settled(context, { kind: 'release' }));
    container.on('rejected', (context) => void this.#settled(context, rejection(context.delivery)));
    container.on('modified', (context) => void this.#modified(context));
    for (const event of ['sender_close', 'sender_error']) container.on(event, ({ sender }) => this.#detached(sender));
    container.on('session_close', ({ session }) => {
      for (const link of Object.values(session.links)) this.#detached(link);
    });
    for (const event of ['disconnected', 'connection_close'])
      container.on(event, ({ connection }) => this.#disconnected(connection));
    for (const event of ['receiver_close', 'receiver_error', 'session_error', 'connection_error', 'settled'])
      container.on(event, () => {});
    for (const event of ['protocol_error', 'error'])
      container.on(event, (error) => this.#log(`service-bus: ${String(error)}`));
    return container.listen({ port, host: '127.0.0.1' });
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  // -- links

  #attachSender(link: RheaLink): void {
    const address = addressOf(link.target);
    Object.assign(link.local.attach, {
      snd_settle_mode: link.snd_settle_mode,
      rcv_settle_mode: link.rcv_settle_mode,
      max_message_size: maximumMessage,
    });
    link.set_target({ address: link.target?.address });
    if (link.source) link.set_source({ address: link.source.address });
    if (address === '') return refuse(link, amqpErrors.notSupported('A transaction'));
    if (address === '$cbs') return void this.#roles.set(link, { kind: 'cbs' });
    if (!this.#authorized.has(link.connection)) return refuse(link, amqpErrors.unauthorized());
    const managed = managedPath(address);
    const target = this.#entities.get(managed ?? address);
    if (target === undefined) return refuse(link, amqpErrors.notFound(address));
    if (managed !== undefined)
      return void this.#roles.set(link, { kind: 'manage', queue: target instanceof Queue ? target : undefined });
    if (target instanceof Queue && (target.deadLetters === undefined || target.path.includes('/subscriptions/')))
      return refuse(link, amqpErrors.notFound(address));
    this.#roles.set(link, { kind: 'send', target });
  }

  #attachReceiver(link: RheaLink): void {
    const address = addressOf(link.source);
    const filter = link.source?.filter;
    Object.assign(link.local.attach, {
      snd_settle_mode: link.snd_settle_mode,
      rcv_settle_mode: link.rcv_settle_mode,
      max_message_size: maximumMessage,
    });
    if (link.target) link.set_target({ address: link.target.address });
    link.set_source({
      address: link.source?.address,
      filter: filter && Object.keys(filter).length > 0 ? filter : undefined,
    });
    // rhea answers no drain when credit is already 0, and must answer each drain exactly once.
    link._get_drain = function getDrain(this: RheaLink) {
      if (!this._draining || !this._drained) return false;
      this.delivery_count += this.credit;
      this.credit = 0;
      this._draining = false;
      return true;
    };
    const replyTo = link.target?.address === undefined ? {} : { replyTo: link.target.address };
    if (address === '$cbs') return void this.#roles.set(link, { kind: 'cbs', ...replyTo });
    if (!this.#authorized.has(link.connection)) return refuse(link, amqpErrors.unauthorized());
    if (managedPath(address) !== undefined) return void this.#roles.set(link, { kind: 'reply', ...replyTo });
    const queue = this.#entities.get(address);
    if (!(queue instanceof Queue)) return refuse(link, amqpErrors.notFound(address));
    const role: Role = {
      kind: 'receive',
      queue,
      autoDelete: link.snd_settle_mode === 1,
      session: undefined,
      tokens: new Set(),
    };
    const wantsSession = filter !== undefined && sessionFilter in filter;
    if (queue.options.sessions) {
      if (!wantsSession)
        return refuse(
          link,
          amqpErrors.notAllowed(
            'It is not possible for an entity that requires sessions to create a non-sessionful message receiver.',
          ),
        );
      return this.#acceptSession(link, role, filter[sessionFilter]);
    }
    if (wantsSession) {
      return refuse(
        link,
        amqpErrors.notAllowed(
          'A sessionful message receiver cannot be created on an entity that does not require sessions. Ensure RequiresSession is set to true when creating a Queue or Subscription to enable sessionful behavior.',
        ),
      );
    }
    this.#open(link, role);
  }

  #open(link: RheaLink, role: Role & { kind: 'receive' }): void {
    this.#roles.set(link, role);
    const links = this.#receivers.get(role.queue);
    if (links === undefined) this.#receivers.set(role.queue, new Set([link]));
    else links.add(link);
    this.#wake(role.queue);
  }

  /** Holds the answer to the attach back until a session is free, or the client's patience is over. */
  #acceptSession(link: RheaLink, role: Role & { kind: 'receive' }, wanted: unknown): void {
    const { queue } = role;
    const value = typeof wanted === 'object' && wanted !== null && 'value' in wanted ? wanted.value : wanted;
    const id = value == null ? undefined : String(value);
    const answer = (): void => {
      delete link._process;
      link.connection._register();
    };
    const grant = (session: Session): void => {
      queue.acceptSession(session, link);
      role.session = session;
      link.set_source({ address: link.source?.address, filter: { [sessionFilter]: types.wrap_string(session.id) } });
      link.local.attach['properties'] = { 'com.microsoft:locked-until-utc': types.wrap_long(ticks(session.until)) };
      this.#open(link, role);
      answer();
    };
    link._process = () => {};
    const fail = (): void => {
      refuse(link, id === undefined ? amqpErrors.noSession() : amqpErrors.sessionLocked(id));
      answer();
    };
    const free = queue.freeSession(id);
    if (free !== undefined) return grant(free);
    if (id !== undefined) return fail();
    const patience = Math.min(integer(link.properties?.['com.microsoft:timeout']) ?? 60_000, 65_000);
    this.#roles.set(link, role);
    this.#waiting.push({ link, queue, deadline: Date.now() + patience, grant, fail });
  }

  #detached(link: RheaLink): void {
    const role = this.#roles.get(link);
    if (role?.kind !== 'receive') return;
    this.#roles.delete(link);
    this.#waiting = this.#waiting.filter((waiting) => waiting.link !== link);
    this.#receivers.get(role.queue)?.delete(link);
    if (role.session?.holder === link) role.queue.releaseSession(role.session);
    role.queue.releaseLocks(role.tokens);
  }

  #disconnected(connection: RheaConnection): void {
    for (const session of Object.values(connection.local_channel_map))
      for (const link of Object.values(session.links)) this.#detached(link);
  }

  // -- messages in

  #received({ receiver, message: bytes, delivery, format }: RheaContext): void {
    const role = this.#roles.get(receiver);
    const reject = (error: AmqpError): void => delivery.update(true, message.rejected({ error }).described());
    try {
      if (role?.kind === 'cbs') return this.#putToken(receiver, decodeMessage(bytes), delivery);
      if (role?.kind === 'manage') {
        delivery.update(true, message.accepted().described());
        return void manage(decodeMessage(bytes), role.queue, this.#store).then((reply) =>
          this.#reply(receiver.connection, reply),
        );
      }
      if (role?.kind !== 'send') return;
      if (bytes.length > maximumMessage) return reject(amqpErrors.tooLarge(bytes.length, maximumMessage));
      const messages = (format === batchFormat ? batchedMessages(bytes) : [Buffer.from(bytes)]).map((one) => ({
        bytes: one,
        head: readHead(one),
      }));
      if (messages.some(({ head }) => head.message_annotations?.['x-opt-scheduled-enqueue-time'] != null))
        return reject(amqpErrors.notSupported('A scheduled message'));
      const refusal = messages.map(({ head }) => role.target.refuses(head)).find((error) => error !== undefined);
      if (refusal !== undefined) return reject(refusal);
      void this.#store
        .change(() => messages.map((one) => role.target.enqueue(one.bytes, one.head)))
        .then((done) => {
          delivery.update(true, message.accepted().described());
          for (const one of done) one();
        })
        .catch((error: unknown) => {
          this.#log(`service-bus: a message could not be stored: ${String(error)}`);
          reject(amqpErrors.argument('The message could not be stored.'));
        });
    } catch {
      reject(amqpErrors.malformed());
    }
  }

  /** Claims-based security: a token a link's audience; one good token opens the connection. */
  #putToken(link: RheaLink, request: MessageHead, delivery: RheaDelivery): void {
    delivery.update(true, message.accepted().described());
    const refusal =
      request.application_properties?.['operation'] !== 'put-token'
        ? 'The operation is not put-token.'
        : refuseSas(String(request.body), this.#key, Date.now());
    if (refusal === undefined) this.#authorized.add(link.connection);
    this.#reply(link.connection, {
      to: request.reply_to ?? '',
      message: {
        correlation_id: request.message_id,
        application_properties: {
          'status-code': types.wrap_int(refusal === undefined ? 202 : 401),
          'status-description': refusal ?? 'Accepted',
        },
        body: null,
      },
    });
  }

  /** The link to answer on is known by its name (cbs) or by the address its receiver gave. */
  #reply(connection: RheaConnection, { to, message: reply }: { to: string; message: object }): void {
    for (const session of Object.values(connection.local_channel_map)) {
      for (const link of Object.values(session.links)) {
        const role = link.is_sender() ? this.#roles.get(link) : undefined;
        if (role === undefined || !('replyTo' in role || role.kind === 'cbs')) continue;
        if (link.name !== to && !('replyTo' in role && role.replyTo === to)) continue;
        link.send(reply).settled = true;
        return;
      }
    }
  }

  // -- messages out

  #flowed(link: RheaLink): void {
    const role = this.#roles.get(link);
    if (role?.kind === 'receive') this.#wake(role.queue);
  }

  #wake(queue: Queue): void {
    if (this.#dirty.size === 0) {
      setImmediate(() => {
        const queues = [...this.#dirty];
        this.#dirty.clear();
        for (const one of queues) this.#pump(one);
      });
    }
    this.#dirty.add(queue);
  }

  #pump(queue: Queue): void {
    if (queue.options.sessions) this.#offerSessions(queue);
    const links = [...(this.#receivers.get(queue) ?? [])].filter((link) => link.is_open());
    let open = links;
    while (open.length > 0) open = open.filter((link) => this.#deliverOne(link, queue));
    for (const link of links) {
      if (!link._draining) continue;
      link.set_drained(true);
      link.connection._register();
    }
  }

  #offerSessions(queue: Queue): void {
    for (const waiting of [...this.#waiting]) {
      if (waiting.queue !== queue) continue;
      const session = queue.freeSession(undefined);
      if (session === undefined) return;
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.grant(session);
    }
  }

  /** @returns whether the link can take another. */
  #deliverOne(link: RheaLink, queue: Queue): boolean {
    const role = this.#roles.get(link);
    if (role?.kind !== 'receive') return false;
    const { outgoing } = link.session;
    // link.credit falls only when frames are written, so what is queued must be taken off.
    const credit = Math.min(
      link.credit - (outgoing.next_delivery_id - outgoing.next_pending_delivery),
      outgoing.available(),
    );
    if (credit <= 0 || (queue.options.sessions && role.session?.holder !== link)) return false;
    const lock = queue.take(role.session);
    if (lock === undefined) return false;
    const { message: stored, token } = lock;
    const facts = {
      sequence: stored.sequence,
      deliveryCount: stored.deliveryCount,
      enqueuedAt: stored.enqueuedAt,
      ...(stored.source === null ? {} : { deadLetterSource: stored.source }),
    };
    const bytes = queue.bytesOf(stored);
    if (role.autoDelete) {
      // Sent only when the deletion is durable, so that a crash in between loses nothing that was not handed over.
      void queue.consume(lock).then(() => link.is_open() && link.send(toDelivery(bytes, facts), undefined, 0));
      return true;
    }
    const text = token.toString('hex');
    role.tokens.add(text);
    const delivery = link.send(toDelivery(bytes, { ...facts, lockedUntil: lock.until }), reorderGuid(token), 0);
    this.#tokens.set(delivery, text);
    return true;
  }

  async #settled({ sender, delivery }: RheaContext, settlement: Settlement): Promise<void> {
    const token = this.#tokens.get(delivery);
    const role = this.#roles.get(sender);
    if (token === undefined || role?.kind !== 'receive') return;
    this.#tokens.delete(delivery);
    role.tokens.delete(token);
    const error = await role.queue.settle(token, settlement);
    delivery.update(
      true,
      error === undefined ? message.accepted().described() : message.rejected({ error }).described(),
    );
    // The client never says "settled" in this mode; rhea would keep the delivery for ever.
    delivery.remote_settled = true;
  }

  #modified(context: RheaContext): Promise<void> | void {
    const state = context.delivery.remote_state;
    if (state?.undeliverable_here === true) {
      context.delivery.update(
        true,
        message.rejected({ error: amqpErrors.notSupported('Deferring a message') }).described(),
      );
      context.delivery.remote_settled = true;
      return;
    }
    const properties =
      state?.message_annotations === undefined ? undefined : typedMap(state.value?.[2] as Typed | undefined);
    return this.#settled(context, { kind: 'abandon', ...(properties === undefined ? {} : { properties }) });
  }

  #tick(): void {
    const now = Date.now();
    for (const queue of this.#queues()) {
      for (const lost of queue.tick()) (lost.holder as RheaLink).close(amqpErrors.sessionLockLost());
      queue.deadLetters?.tick();
      this.#wake(queue);
    }
    const over = this.#waiting.filter(({ deadline }) => deadline <= now);
    this.#waiting = this.#waiting.filter(({ deadline }) => deadline > now);
    for (const { fail } of over) fail();
  }

  #forget(): void {
    for (const queue of this.#queues()) void queue.forgetDuplicates();
  }
}

const addressOf = (terminus: { readonly address?: string } | undefined): string =>
  (terminus?.address ?? '')
    .replace(/^(sb|amqps?|https?):\/\/[^/]+\//, '')
    .replace(/^\//, '')
    .toLowerCase();

const managedPath = (address: string): string | undefined => /^(.*)\/\$management$/.exec(address)?.[1];

function refuse(link: RheaLink, error: AmqpError): void {
  // An attach without terminus, then a detach with the error: how AMQP says no (2.6.3).
  link.local.attach[link.is_receiver() ? 'target' : 'source'] = null;
  link.close(error);
}

function rejection({ remote_state: state }: RheaDelivery): Settlement {
  const info = typedMap((state?.value?.[0]?.value as readonly Typed[] | undefined)?.[2]);
  const text = (name: string): string | undefined => {
    const value = info.get(name)?.value;
    info.delete(name);
    return value == null ? undefined : String(value);
  };
  const reason = text('DeadLetterReason');
  const description = text('DeadLetterErrorDescription');
  return {
    kind: 'dead-letter',
    properties: info,
    ...(reason === undefined ? {} : { reason }),
    ...(description === undefined ? {} : { description }),
  };
}

/** .NET ticks: 100 ns since the year 1. */
function ticks(milliseconds: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(milliseconds) * 10_000n + 621_355_968_000_000_000n);
  return bytes;
}

const integer = (value: unknown): number | undefined =>
  value == null ? undefined : Buffer.isBuffer(value) ? Number(value.readBigInt64BE()) : Number(value);
