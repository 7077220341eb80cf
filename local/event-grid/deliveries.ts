import { asDeadLetter } from './dead-letters.ts';
import { type EventBody, toCloudEvent } from './events.ts';
import { isDelivered, nextAttempt, type Outcome } from './retry.ts';
import type { PendingEvent, Store } from './store.ts';
import type { Subscription } from './subscription.ts';
import { deliver } from './webhook.ts';

/** Requests under way to one subscriber at once. */
const atOnce = 32;
/** How often a subscriber's queue is looked through for events whose time has come. */
const lookEvery = 250;
/** How long events wait for an endpoint that has not agreed yet before it is asked again. */
const askEvery = 1000;

export interface DeliveryOptions {
  readonly topic: string;
  readonly store: Store;
  readonly log: (line: string) => void;
  /** Milliseconds between attempts; undefined: the documented schedule. */
  readonly schedule: readonly number[] | undefined;
  /** Asks the endpoint whether it wants events; true once it has agreed. */
  readonly agreed: () => Promise<boolean>;
  /** An event that was given up waits for blob storage. */
  readonly deadLettered: () => void;
}

/** Delivers what waits for one subscription until it is stopped, at least once and in no promised order. */
export class Deliveries {
  readonly #subscription: Subscription;
  readonly #options: DeliveryOptions;
  readonly #underWay = new Set<number>();
  readonly #requests = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #asking: Promise<void> | undefined;
  #askAgain = 0;
  #hasAgreed = false;
  #stopped = false;

  constructor(subscription: Subscription, options: DeliveryOptions) {
    this.#subscription = subscription;
    this.#options = options;
    this.#timer = setInterval(() => this.wake(), lookEvery);
  }

  /** The endpoint has agreed by itself; what waited for that goes out. */
  consented(): void {
    this.#hasAgreed = true;
    this.wake();
  }

  /** Looks for events that are due. */
  wake(): void {
    if (this.#stopped || this.#requests.size >= atOnce) return;
    const { topic, store } = this.#options;
    const { name, maxEventsPerBatch } = this.#subscription;
    const room = (atOnce - this.#requests.size) * maxEventsPerBatch;
    const due = store
      .due(topic, name, Date.now(), this.#underWay.size + Math.min(room, 5000))
      .filter(({ id }) => !this.#underWay.has(id));
    if (due.length === 0) return;
    if (!this.#hasAgreed) return this.#ask(due);
    for (const batch of this.#batches(due)) {
      if (this.#requests.size >= atOnce) return;
      this.#start(batch);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await Promise.all([...this.#requests, this.#asking]);
  }

  #ask(due: readonly PendingEvent[]): void {
    if (this.#asking !== undefined || Date.now() < this.#askAgain) return;
    this.#asking = this.#options
      .agreed()
      .then(async (agreed) => {
        this.#hasAgreed = agreed;
        this.#askAgain = Date.now() + askEvery;
        const oldest = Date.now() - this.#subscription.timeToLiveMinutes * 60_000;
        const expired = agreed ? [] : due.filter(({ published }) => published < oldest);
        await Promise.all(expired.map((one) => this.#giveUp(one, 'TimeToLiveExceeded', one.attempts, undefined)));
      })
      .catch((error: unknown) => this.#options.log(`event-grid: ${String(error)}`))
      .finally(() => {
        this.#asking = undefined;
        if (this.#hasAgreed) this.wake();
      });
  }

  /** Events of one request have made equally many attempts, since the request tells that number. */
  #batches(due: readonly PendingEvent[]): PendingEvent[][] {
    const { maxEventsPerBatch, preferredKilobytes } = this.#subscription;
    if (maxEventsPerBatch === 1) return due.map((one) => [one]);
    const batches: PendingEvent[][] = [];
    for (const group of Map.groupBy(due, ({ attempts }) => attempts).values()) {
      let batch: PendingEvent[] = [];
      let size = 0;
      for (const one of group) {
        const bytes = Buffer.byteLength(one.event);
        if (batch.length === maxEventsPerBatch || (batch.length > 0 && size + bytes > preferredKilobytes * 1024)) {
          batches.push(batch);
          batch = [];
          size = 0;
        }
        batch.push(one);
        size += bytes;
      }
      batches.push(batch);
    }
    return batches;
  }

  #start(batch: readonly PendingEvent[]): void {
    for (const { id } of batch) this.#underWay.add(id);
    const request = this.#attempt(batch)
      .catch((error: unknown) => this.#options.log(`event-grid: ${String(error)}`))
      .finally(() => {
        for (const { id } of batch) this.#underWay.delete(id);
        this.#requests.delete(request);
        this.wake();
      });
    this.#requests.add(request);
  }

  async #attempt(batch: readonly PendingEvent[]): Promise<void> {
    const { name, endpointUrl, deliverySchema, maxEventsPerBatch } = this.#subscription;
    const events = batch.map(({ event }) => this.#inDeliverySchema(JSON.parse(event)));
    const attempts = batch[0]?.attempts ?? 0;
    const webhook = { subscription: name, endpointUrl, schema: deliverySchema };
    const outcome = await deliver(webhook, events, maxEventsPerBatch > 1, attempts);
    if (isDelivered(outcome)) return this.#options.store.delivered(batch.map(({ id }) => id));
    await Promise.all(batch.map((one) => this.#failed(one, outcome)));
  }

  async #failed(one: PendingEvent, outcome: Outcome): Promise<void> {
    const now = Date.now();
    const attempts = one.attempts + 1;
    const next = nextAttempt(outcome, attempts, now - one.published, this.#subscription, this.#options.schedule);
    if ('reason' in next) return this.#giveUp(one, next.reason, attempts, outcome);
    return this.#options.store.later(one.id, attempts, now + next.after + jitter(next.after));
  }

  async #giveUp(one: PendingEvent, reason: string, attempts: number, outcome: Outcome | undefined): Promise<void> {
    const { topic, store, log, deadLettered } = this.#options;
    const { name, deadLetterContainer: container } = this.#subscription;
    log(
      `event-grid: an event for ${name} is ${container ? 'dead-lettered' : 'dropped'}: ${reason}, attempt ${attempts}`,
    );
    if (container === undefined) return store.giveUp(one.id, undefined);
    const now = Date.now();
    const facts = { reason, attempts, outcome, published: one.published, now };
    const event = JSON.stringify(asDeadLetter(JSON.parse(one.event), facts));
    await store.giveUp(one.id, { topic, subscription: name, container, event, since: now });
    deadLettered();
  }

  #inDeliverySchema(event: EventBody): EventBody {
    const converts = this.#subscription.deliverySchema === 'CloudEventSchemaV1_0' && event['specversion'] === undefined;
    return converts ? toCloudEvent(event) : event;
  }
}

/** "Event Grid adds a small randomization to all retry steps": so that what failed together does not return together. */
const jitter = (wait: number): number => Math.floor(Math.random() * wait * 0.1);
