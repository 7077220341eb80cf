import { encodeText } from '../amqp/encoded.ts';
import { replaceApplicationProperties, withProperties } from '../amqp/rewrite.ts';
import type { Rule } from './rule.ts';
import { RuleMessage } from './rule-message.ts';

/**
 * What a subscription gets of a message: one copy when rules without action match, however many; and one more for each
 * rule with an action that matches, as the action changes it, with the rule's name as application property `RuleName`
 * (https://learn.microsoft.com/azure/service-bus-messaging/topic-filters).
 * @param newId makes a UUID. @throws FilterEvaluationError
 */
export function applyRules(rules: readonly Rule[], bytes: Buffer, enqueuedAt: number, newId: () => string): Buffer[] {
  const message = new RuleMessage(bytes, enqueuedAt);
  const hits = rules.filter((rule) => rule.matches({ message, newId }));
  const copies = hits.some(({ act }) => act === undefined) ? [bytes] : [];
  for (const { act, definition } of hits) {
    if (act === undefined) continue;
    const changed = new RuleMessage(bytes, enqueuedAt);
    act({ message: changed, newId });
    changed.user.set('RuleName', encodeText(definition.name));
    const properties = changed.changedFields.size > 0 ? withProperties(bytes, changed.changedFields) : bytes;
    copies.push(replaceApplicationProperties(properties, changed.user));
  }
  return copies;
}
