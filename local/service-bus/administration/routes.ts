import { childOf, type XmlElement } from '../../xml.ts';
import type { Entity, EntityOf } from '../entities/entity.ts';
import { EntityError } from '../entities/entity-error.ts';
import type { Namespace } from '../entities/namespace.ts';
import type { RuleDefinition } from '../rules/rule.ts';
import type { Stores } from '../store/stores.ts';
import type { Shown } from './atom.ts';
import { describeEntity, element } from './describe-entity.ts';
import { descriptionIn, readProperties } from './read-properties.ts';
import { readRule, ruleXml } from './rule-xml.ts';

/** What an address of the administration names. */
export type Target =
  | { readonly kind: 'namespace' }
  | { readonly kind: 'entities'; readonly of: 'queue' | 'topic' }
  | { readonly kind: 'subscriptions'; readonly topic: string }
  | { readonly kind: 'rules'; readonly topic: string; readonly subscription: string }
  | { readonly kind: 'entity'; readonly path: string }
  | { readonly kind: 'subscription'; readonly topic: string; readonly subscription: string }
  | { readonly kind: 'rule'; readonly topic: string; readonly subscription: string; readonly rule: string };

/** Reads an address. @param path decoded, without a slash before it */
export function targetOf(path: string): Target {
  if (/^\$namespaceinfo$/i.test(path)) return { kind: 'namespace' };
  const listed = /^\$resources\/(queues|topics)$/i.exec(path)?.[1]?.toLowerCase();
  if (listed !== undefined) return { kind: 'entities', of: listed === 'queues' ? 'queue' : 'topic' };
  const [, topic, subscription, below, rule] =
    /^(.+?)\/subscriptions(?:\/([^/]+)(?:\/(rules)(?:\/([^/]+))?)?)?\/?$/i.exec(path) ?? [];
  if (topic === undefined) return { kind: 'entity', path };
  if (subscription === undefined) return { kind: 'subscriptions', topic };
  if (below === undefined) return { kind: 'subscription', topic, subscription };
  return rule === undefined ? { kind: 'rules', topic, subscription } : { kind: 'rule', topic, subscription, rule };
}

/** The administration's operations on what an address names; what they show is one thing, or a list of them. */
export class Routes {
  readonly #namespace: Namespace;
  readonly #stores: Stores;
  readonly #now: () => number;

  constructor(namespace: Namespace, stores: Stores, now: () => number) {
    this.#namespace = namespace;
    this.#stores = stores;
    this.#now = now;
  }

  /** @throws EntityError */
  get(target: Target): Shown | Shown[] {
    switch (target.kind) {
      case 'namespace':
        return this.#namespaceInfo();
      case 'entities':
        return this.#namespace.list(target.of).map((entity) => this.#show(entity));
      case 'subscriptions': {
        const { topic } = this.#namespace.get('topic', target.topic);
        const all = this.#namespace.list('subscription').filter((one) => one.topic === topic);
        return all.map((entity) => this.#show(entity));
      }
      case 'rules': {
        const entity = this.#subscription(target);
        return entity.subscription.rules.map(({ definition }) => showRule(entity, definition));
      }
      case 'entity':
        return this.#show(this.#entity(target.path));
      case 'subscription':
        return this.#show(this.#subscription(target));
      case 'rule': {
        const entity = this.#subscription(target);
        const rule = entity.subscription.rule(target.rule);
        if (rule === undefined) throw new EntityError('not-found', `The rule '${target.rule}' could not be found.`);
        return showRule(entity, rule.definition);
      }
    }
  }

  /** Makes a thing, or with `replace` changes it. @throws EntityError */
  async put(target: Target, body: XmlElement, replace: boolean): Promise<Shown> {
    if (target.kind === 'rule') return this.#putRule(target, body, replace);
    if (target.kind === 'subscription') {
      const description = descriptionIn(body, 'SubscriptionDescription');
      const properties = readProperties(description);
      const first = childOf(description, 'DefaultRuleDescription');
      const rules = first === undefined ? [] : [readRule(first, undefined, this.#now())];
      if (replace) return this.#show(await this.#namespace.update(this.#subscription(target).path, properties));
      const { topic, subscription } = target;
      return this.#show(await this.#namespace.createSubscription(topic, subscription, properties, rules));
    }
    if (target.kind !== 'entity') throw new EntityError('invalid', 'This cannot be put.');
    const isTopic = childOf(childOf(body, 'content'), 'TopicDescription') !== undefined;
    const properties = readProperties(descriptionIn(body, isTopic ? 'TopicDescription' : 'QueueDescription'));
    if (!replace) return this.#show(await this.#namespace.create(isTopic ? 'topic' : 'queue', target.path, properties));
    const { path } = this.#namespace.get(isTopic ? 'topic' : 'queue', target.path);
    return this.#show(await this.#namespace.update(path, properties));
  }

  async #putRule(target: Target & { kind: 'rule' }, body: XmlElement, replace: boolean): Promise<Shown> {
    const entity = this.#subscription(target);
    const rule = readRule(descriptionIn(body, 'RuleDescription'), target.rule, this.#now());
    if (replace) await this.#namespace.replaceRule(entity, rule);
    else await this.#namespace.addRule(entity, rule);
    return showRule(entity, rule);
  }

  /** @throws EntityError */
  async remove(target: Target): Promise<void> {
    if (target.kind === 'rule') await this.#namespace.removeRule(this.#subscription(target), target.rule);
    else if (target.kind === 'subscription') await this.#namespace.remove(this.#subscription(target).path);
    else if (target.kind === 'entity') await this.#namespace.remove(this.#entity(target.path).path);
    else throw new EntityError('invalid', 'This cannot be deleted.');
  }

  #entity(path: string): Entity {
    const found = this.#namespace.find(path);
    if (found === undefined) throw new EntityError('not-found', `The messaging entity '${path}' could not be found.`);
    return found;
  }

  #subscription({ topic, subscription }: { topic: string; subscription: string }): EntityOf<'subscription'> {
    return this.#namespace.get('subscription', `${topic}/subscriptions/${subscription}`);
  }

  #show(entity: Entity): Shown {
    const { name, created, updated } = entity;
    const content = describeEntity(entity, this.#stores);
    if (entity.kind !== 'subscription') return { path: name, name, created, updated, content };
    return { path: `${this.#topicName(entity)}/Subscriptions/${name}`, name, created, updated, content };
  }

  #topicName({ topic }: EntityOf<'subscription'>): string {
    return this.#namespace.get('topic', topic.path).name;
  }

  #namespaceInfo(): Shown {
    const at = new Date(0).toISOString();
    const content = `<CreatedTime>${at}</CreatedTime><MessagingSKU>Standard</MessagingSKU><ModifiedTime>${at}</ModifiedTime><Name>local</Name><NamespaceType>Messaging</NamespaceType>`;
    return {
      path: '$namespaceinfo',
      name: 'local',
      created: 0,
      updated: 0,
      content: element('NamespaceInfo', content),
    };
  }
}

function showRule({ topic, name }: EntityOf<'subscription'>, definition: RuleDefinition): Shown {
  return {
    path: `${topic.path}/Subscriptions/${name}/Rules/${definition.name}`,
    name: definition.name,
    created: definition.created,
    updated: definition.created,
    content: ruleXml(definition),
  };
}
