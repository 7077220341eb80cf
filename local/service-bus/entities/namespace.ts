import type { Destination, EntityContext } from '../messages/destination.ts';
import { Queue } from '../messages/queue.ts';
import { Subscription } from '../messages/subscription.ts';
import { Topic } from '../messages/topic.ts';
import { compileRule, everything, type RuleDefinition } from '../rules/rule.ts';
import type { EntityKind, StoredEntity } from '../store/entity-store.ts';
import type { Stores } from '../store/stores.ts';
import type { Entity, EntityOf } from './entity.ts';
import { EntityError } from './entity-error.ts';
import { checkEntityName } from './entity-name.ts';
import { entityOptions } from './entity-options.ts';
import { deadLetterPath, entityPath, subscriptionPath, transferDeadLetterPath } from './entity-path.ts';
import type { EntityProperties } from './entity-properties.ts';

const defaultRule = '$Default';
/** What dead letters do: nobody sends there, they neither expire nor die again. */
const letterOptions = { ...entityOptions(), maxDeliveryCount: Number.POSITIVE_INFINITY };

export interface NamespaceOptions extends Omit<EntityContext, 'destination' | 'changed'> {
  /** A message or session of the queue may have become available. */
  changed(queue: Queue): void;
  /** The queue is gone: what listens to it must end. */
  removed(queue: Queue): void;
}

/** The entities of a namespace: made, changed, found, removed; durable when the promise is kept. */
export class Namespace {
  readonly #stores: Stores;
  readonly #context: EntityContext;
  readonly #entities = new Map<string, Entity>();
  readonly #queues = new Map<string, Queue>();
  readonly #removed: (queue: Queue) => void;

  constructor(options: NamespaceOptions) {
    this.#stores = options.stores;
    this.#removed = options.removed;
    this.#context = {
      ...options,
      destination: (path) => this.destination(path),
      changed: (path) => {
        const queue = this.#queues.get(path);
        if (queue !== undefined) options.changed(queue);
      },
    };
    const stored = this.#stores.entities.all();
    const letters = new Map(stored.filter(({ kind }) => kind === 'dead-letters').map((one) => [one.path, one]));
    for (const one of stored) if (one.kind !== 'dead-letters') this.#open(one, (path) => letters.get(path)?.id);
  }

  #open(stored: StoredEntity, idOf: (path: string) => number | undefined): Entity {
    const properties = JSON.parse(stored.properties) as EntityProperties;
    const options = entityOptions(properties);
    const { id, path, name, created, updated } = stored;
    const described = { id, path, name, properties, created, updated };
    if (stored.kind === 'topic')
      return this.#keep({ ...described, kind: 'topic', topic: new Topic(stored, options, this.#context) });
    const letters = (at: string): Queue => {
      const queue = new Queue({ id: idOf(at) ?? 0, path: at }, letterOptions, this.#context);
      this.#queues.set(at, queue);
      return queue;
    };
    const queue = new Queue(stored, options, this.#context, {
      deadLetters: letters(deadLetterPath(path)),
      transferDeadLetters: letters(transferDeadLetterPath(path)),
    });
    this.#queues.set(path, queue);
    if (stored.kind === 'queue') return this.#keep({ ...described, kind: 'queue', queue });
    const topic = this.get('topic', path.slice(0, path.lastIndexOf('/subscriptions/'))).topic;
    const subscription = new Subscription(queue, this.#context);
    for (const rule of this.#stores.entities.rules(id))
      subscription.putRule(compileRule(JSON.parse(rule.definition) as RuleDefinition));
    topic.subscriptions.set(path, subscription);
    return this.#keep({ ...described, kind: 'subscription', queue, subscription, topic });
  }

  #keep(entity: Entity): Entity {
    this.#entities.set(entity.path, entity);
    return entity;
  }

  /** @param path in small letters. Dead letters too. */
  queue(path: string): Queue | undefined {
    return this.#queues.get(path);
  }

  get queues(): Iterable<Queue> {
    return this.#queues.values();
  }

  find(path: string): Entity | undefined {
    return this.#entities.get(entityPath(path));
  }

  /** @throws EntityError `not-found` */
  get<Kind extends Entity['kind']>(kind: Kind, path: string): EntityOf<Kind> {
    const found = this.find(path);
    if (found?.kind !== kind) throw new EntityError('not-found', `The messaging entity '${path}' could not be found.`);
    return found as EntityOf<Kind>;
  }

  /** All of a kind, in order of their paths. */
  list<Kind extends Entity['kind']>(kind: Kind): EntityOf<Kind>[] {
    return [...this.#entities.values()]
      .filter((entity): entity is EntityOf<Kind> => entity.kind === kind)
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** What may be sent to: a queue or a topic. */
  destination(path: string): Destination | undefined {
    const found = this.#entities.get(path);
    return found?.kind === 'queue' ? found.queue : found?.kind === 'topic' ? found.topic : undefined;
  }

  byId(id: number): Entity | undefined {
    for (const entity of this.#entities.values()) if (entity.id === id) return entity;
    return undefined;
  }

  /** @throws EntityError `exists`, `invalid` */
  async create<Kind extends 'queue' | 'topic'>(
    kind: Kind,
    name: string,
    properties: EntityProperties,
  ): Promise<EntityOf<Kind>> {
    return (await this.#create(kind, entityPath(name), name, properties, [])) as EntityOf<Kind>;
  }

  /** @param rules none: every message is copied. @throws EntityError `not-found`, `exists`, `invalid` */
  async createSubscription(
    topic: string,
    name: string,
    properties: EntityProperties,
    rules: readonly RuleDefinition[] = [],
  ): Promise<EntityOf<'subscription'>> {
    const { path } = this.get('topic', topic);
    const created = this.#context.now();
    const all = rules.length > 0 ? rules : [{ name: defaultRule, filter: everything, created }];
    return (await this.#create(
      'subscription',
      subscriptionPath(path, name),
      name,
      properties,
      all,
    )) as EntityOf<'subscription'>;
  }

  async #create(
    kind: Exclude<EntityKind, 'dead-letters'>,
    path: string,
    name: string,
    properties: EntityProperties,
    rules: readonly RuleDefinition[],
  ): Promise<Entity> {
    checkEntityName(kind, name);
    checked(() => entityOptions(properties));
    for (const rule of rules) checked(() => compileRule(rule));
    const now = this.#context.now();
    return this.#stores.change(() => {
      if (this.#entities.has(path)) throw new EntityError('exists', `The messaging entity '${path}' already exists.`);
      const { entities } = this.#stores;
      const row = { name, properties: JSON.stringify(properties), created: now, updated: now };
      const stored = entities.insert({ path, kind, ...row });
      const letters = kind === 'topic' ? [] : [deadLetterPath(path), transferDeadLetterPath(path)];
      const ids = new Map(
        letters.map((at) => [at, entities.insert({ ...row, path: at, kind: 'dead-letters', properties: '{}' }).id]),
      );
      for (const rule of rules) entities.putRule(stored.id, rule.name, JSON.stringify(rule));
      return this.#open(stored, (at) => ids.get(at));
    });
  }

  /** Replaces an entity's properties. @throws EntityError `not-found`, `invalid`: also for what cannot change later */
  async update(path: string, properties: EntityProperties): Promise<Entity> {
    const entity = this.find(path);
    if (entity === undefined) throw new EntityError('not-found', `The messaging entity '${path}' could not be found.`);
    const options = checked(() => entityOptions(properties));
    for (const fixed of ['RequiresSession', 'RequiresDuplicateDetection'] as const)
      if ((properties[fixed] ?? false) !== (entity.properties[fixed] ?? false))
        throw new EntityError('invalid', `${fixed}: it cannot be changed; make the entity anew.`);
    const now = this.#context.now();
    await this.#stores.change(() => this.#stores.entities.update(entity.id, JSON.stringify(properties), now));
    entity.properties = properties;
    entity.updated = now;
    const target = entity.kind === 'topic' ? entity.topic : entity.queue;
    target.options = options;
    return entity;
  }

  /** Removes an entity with all that is in it. @throws EntityError `not-found` */
  async remove(path: string): Promise<void> {
    const key = entityPath(path);
    if (!this.#entities.has(key))
      throw new EntityError('not-found', `The messaging entity '${path}' could not be found.`);
    const below = (one: string): boolean => one === key || one.startsWith(`${key}/`);
    await this.#stores.change(() => {
      for (const { id, path: one } of this.#stores.entities.all()) if (below(one)) this.#stores.entities.remove(id);
    });
    for (const [one, entity] of this.#entities) {
      if (!below(one)) continue;
      this.#entities.delete(one);
      if (entity.kind === 'subscription') entity.topic.subscriptions.delete(one);
    }
    for (const [one, queue] of this.#queues) {
      if (!below(one)) continue;
      this.#queues.delete(one);
      this.#removed(queue);
    }
  }

  /** @throws EntityError `exists`, `invalid` */
  async addRule({ id, subscription }: EntityOf<'subscription'>, definition: RuleDefinition): Promise<void> {
    const rule = checked(() => compileRule(definition));
    await this.#stores.change(() => {
      if (subscription.rule(definition.name) !== undefined)
        throw new EntityError('exists', `The rule '${definition.name}' already exists.`);
      this.#stores.entities.putRule(id, definition.name, JSON.stringify(definition));
      subscription.putRule(rule);
    });
  }

  /** @throws EntityError `not-found`, `invalid` */
  async replaceRule({ id, subscription }: EntityOf<'subscription'>, definition: RuleDefinition): Promise<void> {
    const rule = checked(() => compileRule(definition));
    if (subscription.rule(definition.name) === undefined)
      throw new EntityError('not-found', `The rule '${definition.name}' could not be found.`);
    await this.#stores.change(() => this.#stores.entities.putRule(id, definition.name, JSON.stringify(definition)));
    subscription.putRule(rule);
  }

  /** @throws EntityError `not-found` */
  async removeRule({ id, subscription }: EntityOf<'subscription'>, name: string): Promise<void> {
    if (subscription.rule(name) === undefined)
      throw new EntityError('not-found', `The rule '${name}' could not be found.`);
    await this.#stores.change(() => this.#stores.entities.removeRule(id, name));
    subscription.removeRule(name);
  }
}

/** What cannot be, is the caller's mistake. */
function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new EntityError('invalid', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
