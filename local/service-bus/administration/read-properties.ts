import { childOf, type XmlElement } from '../../xml.ts';
import { EntityError } from '../entities/entity-error.ts';
import { type EntityProperties, isPropertyName, propertyTypes } from '../entities/entity-properties.ts';

/** What the service tells of an entity and a client may send back, unread. */
const told = new Set([
  'SizeInBytes',
  'MessageCount',
  'CountDetails',
  'CreatedAt',
  'UpdatedAt',
  'AccessedAt',
  'SubscriptionCount',
  'EntityAvailabilityStatus',
  'IsAnonymousAccessible',
  'FilteringMessagesBeforePublishing',
  'EnableSubscriptionPartitioning',
  'DefaultRuleDescription',
]);

/** The description in an entry. @throws EntityError when it is not the one that is wanted */
export function descriptionIn(entry: XmlElement, name: string): XmlElement {
  const found = childOf(childOf(entry, 'content'), name);
  if (found === undefined) throw new EntityError('invalid', `The entry's content is no ${name}.`);
  return found;
}

/** The properties that a description sets. @throws EntityError naming what cannot be */
export function readProperties(description: XmlElement): EntityProperties {
  const properties: Record<string, string | number | boolean> = {};
  for (const { name, text, children } of description.children) {
    if (told.has(name)) continue;
    if (name === 'AuthorizationRules' && children.length === 0) continue;
    if (!isPropertyName(name)) throw new EntityError('invalid', `${name}: it is not supported by this server.`);
    properties[name] = readValue(name, text.trim());
  }
  return properties;
}

function readValue(name: keyof EntityProperties, text: string): string | number | boolean {
  const type = propertyTypes[name];
  if (type === 'string') return text;
  if (type === 'number' && /^\d+$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  throw new EntityError('invalid', `${name}: "${text}" is no ${type}.`);
}
