import { randomUUID } from 'node:crypto';
import { sameText } from '../same-text.ts';
import { Deliveries } from './deliveries.ts';
import { EventGridError } from './errors.ts';
import { type InputSchema, readEvents } from './events.ts';
import type { Store, StoredSubscription } from './store.ts';
import { readSubscription, type Subscription, type SubscriptionProperties, wants } from './subscription.ts';
import { handshake } from './webhook.ts';

/** A topic as the server is started with it. */
export interface TopicOptions {
  readonly name: string;
  /** Access key, base64. */
  readonly key: string;
  /** CloudEvents unless said otherwise. */
  readonly inputSchema?: InputSchema;
  /** Subscriptions that exist from the start; their endpoints are asked for consent when the first event comes. */
  readonly subscriptions?: readonly { readonly name: string; readonly properties: SubscriptionProperties }[];
}

interface Subscribed {
  readonly subscription: Subscription;
  readonly deliveries: Deliveries;
  readonly declared: boolean;
  validated: boolean;
  /** Part of the address at which an endpoint may agree by a GET. */
  readonly code: string;
}

/** What topics share. */
export interface TopicContext {
  readonly store: Store;
  readonly log: (line: string) => void;
  readonly schedule: readonly number[] | undefined;
  /** Name of the local storage account. */
  readonly account: string | undefined;
  readonly endpoint: () => string;
  readonly deadLettered: () => void;
}

const resourceGroup = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local';

/** A custom topic with its subscriptions. */
export class Topic {
  readonly name: string;
  readonly key: string;
  readonly inputSchema: InputSchema;
  readonly #context: TopicContext;
  readonly #subscribed = new Map<string, Subscribed>();

  constructor({ name, key, inputSchema = 'CloudEventSchemaV1_0' }: TopicOptions, context: TopicContext) {
    this.name = name;
    this.key = key;
    this.inputSchema = inputSchema;
    this.#context = context;
  }

  get id(): string {
    return `${resourceGroup}/providers/Microsoft.EventGrid/topics/${this.name}`;
  }

  /**
   * Opens what was subscribed before and what is declared now. What is no longer declared goes, and what was declared
   * differently is asked for consent again.
   */
  async open(declared: TopicOptions['subscriptions'] = []): Promise<void> {
    const { store } = this.#context;
    const stored = store.subscriptions().filter(({ topic }) => topic === this.name);
    for (const one of stored) {
      if (!one.declared) this.#attach(this.#read(one.name, JSON.parse(one.properties)), one.validated, false);
      else if (!declared.some(({ name }) => name === one.name)) await store.removeSubscription(this.name, one.name);
    }
    for (const { name, properties } of declared) {
      const text = JSON.stringify(properties);
      const subscription = this.#read(name, properties);
      const validated = stored.some((one) => one.name === name && one.properties === text && one.validated);
      await this.#save(subscription, validated, true);
      this.#attach(subscription, validated, true);
    }
  }

  /** Takes events; they are durable, each for every subscription that wants it, when this resolves. */
  async publish(body: string): Promise<void> {
    const events = readEvents(body, this.inputSchema, this.id);
    const all = [...this.#subscribed.values()];
    const routed = events.map((event) => ({
      event: JSON.stringify(event),
      subscriptions: all
        .filter(({ subscription }) => wants(subscription, event))
        .map(({ subscription }) => subscription.name),
    }));
    await this.#context.store.add(this.name, routed, Date.now());
    for (const { deliveries } of all) deliveries.wake();
  }

  /**
   * Creates or replaces a subscription; its endpoint must agree first, or may agree within the answer's address.
   * @throws EventGridError 400.
   */
  async subscribe(name: string, properties: unknown): Promise<object> {
    const subscription = this.#read(name, properties);
    const code = randomUUID();
    const { agreed, later, detail } = await this.#ask(subscription, code);
    if (!agreed && !later)
      throw new EventGridError(
        400,
        'URL validation',
        `Webhook validation handshake failed for ${subscription.endpointUrl}: ${detail}. For troubleshooting, visit https://aka.ms/esvalidation.`,
      );
    await this.#save(subscription, agreed, false);
    this.#attach(subscription, agreed, false, code);
    return this.describe(name);
  }

  /** @returns whether there was one. */
  async unsubscribe(name: string): Promise<boolean> {
    const known = this.#subscribed.get(name);
    if (known === undefined) return false;
    this.#subscribed.delete(name);
    await known.deliveries.stop();
    await this.#context.store.removeSubscription(this.name, name);
    return true;
  }

  /** An endpoint agrees by the address it was given. @returns whether that address is one of this topic. */
  async confirm(name: string, code: string): Promise<boolean> {
    const known = this.#subscribed.get(name);
    if (known === undefined || !sameText(code, known.code)) return false;
    await this.#agree(known);
    return true;
  }

  /** The subscription as Azure Resource Manager shows it. @throws EventGridError 404. */
  describe(name: string): object {
    const known = this.#subscribed.get(name);
    if (known === undefined)
      throw new EventGridError(404, 'ResourceNotFound', `There is no event subscription ${name} of ${this.name}.`);
    return {
      id: `${this.id}/eventSubscriptions/${name}`,
      name,
      type: 'Microsoft.EventGrid/topics/eventSubscriptions',
      properties: {
        ...known.subscription.properties,
        topic: this.id,
        eventDeliverySchema: known.subscription.deliverySchema,
        provisioningState: known.validated ? 'Succeeded' : 'AwaitingManualAction',
      },
    };
  }

  list(): object[] {
    return [...this.#subscribed.keys()].map((name) => this.describe(name));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#subscribed.values()].map(({ deliveries }) => deliveries.stop()));
  }

  #read(name: string, properties: unknown): Subscription {
    return readSubscription(name, properties, { inputSchema: this.inputSchema, account: this.#context.account });
  }

  #ask({ name, endpointUrl, deliverySchema }: Subscription, code: string) {
    const confirmUrl = `${this.#context.endpoint()}/${this.name}/validate?id=${name}&code=${code}`;
    return handshake({ subscription: name, endpointUrl, schema: deliverySchema }, this.id, confirmUrl);
  }

  #save({ name, properties }: Subscription, validated: boolean, declared: boolean): Promise<void> {
    return this.#context.store.saveSubscription({
      ...({
        topic: this.name,
        name,
        properties: JSON.stringify(properties),
        declared,
        validated,
      } satisfies StoredSubscription),
    });
  }

  async #agree(one: Subscribed): Promise<void> {
    await this.#save(one.subscription, true, one.declared);
    one.validated = true;
    one.deliveries.consented();
  }

  #attach(subscription: Subscription, validated: boolean, declared: boolean, code: string = randomUUID()): void {
    void this.#subscribed.get(subscription.name)?.deliveries.stop();
    const { store, log, schedule, deadLettered } = this.#context;
    const agreed = async (): Promise<boolean> => {
      if (!one.validated && declared && (await this.#ask(subscription, code)).agreed) await this.#agree(one);
      return one.validated;
    };
    const one: Subscribed = {
      subscription,
      deliveries: new Deliveries(subscription, { topic: this.name, store, log, schedule, deadLettered, agreed }),
      declared,
      validated,
      code,
    };
    this.#subscribed.set(subscription.name, one);
    one.deliveries.wake();
  }
}
