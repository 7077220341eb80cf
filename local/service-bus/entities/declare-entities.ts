import type { Stores } from '../store/stores.ts';
import { declaredRule } from './declared-rule.ts';
import { checkProperties, type DeclaredSubscription, type EmulatorConfig } from './emulator-config.ts';
import { EntityError } from './entity-error.ts';
import { entityPath, subscriptionPath } from './entity-path.ts';
import type { EntityProperties } from './entity-properties.ts';
import type { Namespace } from './namespace.ts';

/**
 * Makes the entities of an entity file. What the file says of an entity is applied once: an entity that was changed
 * or removed through the administration stays so until the file says something else of it. An entity that has left
 * the file stays, with its messages.
 * @throws Error naming the entity that cannot be
 */
export async function declareEntities(
  { UserConfig }: EmulatorConfig,
  namespace: Namespace,
  stores: Stores,
  now: () => number,
): Promise<void> {
  const apply = async (path: string, declared: unknown, make: () => Promise<void>): Promise<void> => {
    const text = JSON.stringify(declared);
    if (stores.entities.declaration(path) === text) return;
    try {
      await make();
    } catch (cause) {
      throw new Error(`Entity file, ${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
    await stores.change(() => stores.entities.declare(path, text));
  };
  const subscribe = async (topic: string, { Name, Properties, Rules = [] }: DeclaredSubscription): Promise<void> => {
    const properties = checkProperties(Name, Properties);
    const rules = Rules.map((rule) => declaredRule(rule, now()));
    const existing = namespace.find(subscriptionPath(topic, Name));
    if (existing?.kind !== 'subscription') {
      await namespace.createSubscription(topic, Name, properties, rules);
      return;
    }
    await namespace.update(existing.path, properties);
    for (const { definition } of existing.subscription.rules) await namespace.removeRule(existing, definition.name);
    const all = rules.length > 0 ? rules : [declaredRule({ Name: '$Default' }, now())];
    for (const rule of all) await namespace.addRule(existing, rule);
  };
  const make = async (kind: 'queue' | 'topic', name: string, properties?: EntityProperties): Promise<void> => {
    const checked = checkProperties(name, properties);
    const existing = namespace.find(name);
    if (existing === undefined) await namespace.create(kind, name, checked);
    else if (existing.kind === kind) await namespace.update(name, checked);
    else throw new EntityError('exists', `It is a ${existing.kind}, not a ${kind}.`);
  };
  for (const { Queues = [], Topics = [] } of UserConfig.Namespaces) {
    for (const queue of Queues)
      await apply(entityPath(queue.Name), queue, () => make('queue', queue.Name, queue.Properties));
    for (const { Subscriptions = [], ...topic } of Topics) {
      await apply(entityPath(topic.Name), topic, () => make('topic', topic.Name, topic.Properties));
      for (const subscription of Subscriptions)
        await apply(subscriptionPath(topic.Name, subscription.Name), subscription, () =>
          subscribe(topic.Name, subscription),
        );
    }
  }
}
