import { type EncodedMap, encodedMap } from '../amqp/encoded.ts';
import type { EntityOf } from '../entities/entity.ts';
import { EntityError } from '../entities/entity-error.ts';
import { amqpErrors } from '../errors.ts';
import { type CorrelationField, correlationFields } from '../rules/correlation-filter.ts';
import { everything, nothing, type RuleDefinition } from '../rules/rule.ts';
import type { Answer, Asked, Operation } from './operation.ts';
import { describeRule } from './rule-description.ts';

/** The fields' names in a rule's description. */
const fieldNames: Readonly<Record<CorrelationField, string>> = {
  correlationid: 'correlation-id',
  messageid: 'message-id',
  to: 'to',
  replyto: 'reply-to',
  label: 'label',
  sessionid: 'session-id',
  replytosessionid: 'reply-to-session-id',
  contenttype: 'content-type',
};

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

function onSubscription(work: (entity: EntityOf<'subscription'>, asked: Asked) => Promise<Answer>): Operation {
  return async (asked) => {
    if (asked.entity?.kind !== 'subscription')
      return { code: 400, error: amqpErrors.argument('Only subscriptions have rules.') };
    try {
      return await work(asked.entity, asked);
    } catch (error) {
      if (!(error instanceof EntityError)) throw error;
      if (error.code === 'exists')
        return { code: 409, error: amqpErrors.alreadyExists(String(asked.body['rule-name'])) };
      if (error.code === 'invalid') return { code: 400, error: amqpErrors.argument(error.message) };
      const rule = `${asked.entity.path}/rules/${asked.body['rule-name']}`;
      return { code: 404, error: amqpErrors.notFound(rule) };
    }
  };
}

const addRule = onSubscription(async (entity, { body, encoded, namespace, now }) => {
  const description = body['rule-description'];
  if (!isFields(description)) throw new TypeError('rule-description is no map.');
  const action = description['sql-rule-action'];
  await namespace.addRule(entity, {
    name: String(body['rule-name']),
    filter: filterOf(description, encodedMap(encoded.get('rule-description') ?? Buffer.of(0x40))),
    created: now(),
    ...(isFields(action) && action['expression'] != null && { action: { expression: String(action['expression']) } }),
  });
  return { code: 200 };
});

function filterOf(description: Fields, encoded: EncodedMap): RuleDefinition['filter'] {
  const sql = description['sql-filter'];
  if (isFields(sql)) {
    const expression = String(sql['expression']);
    return [everything, nothing].find((one) => one.expression === expression) ?? { kind: 'sql', expression };
  }
  const correlation = description['correlation-filter'];
  if (!isFields(correlation)) return everything;
  const fields = correlationFields.flatMap((field) => {
    const value = correlation[fieldNames[field]];
    return value == null ? [] : [[field, String(value)] as const];
  });
  const properties = encodedMap(encoded.get('correlation-filter') ?? Buffer.of(0x40)).get('properties');
  const wanted =
    properties === undefined || properties[0] === 0x40 ? new Map<string, Buffer>() : encodedMap(properties);
  return {
    kind: 'correlation',
    fields: Object.fromEntries(fields),
    properties: Object.fromEntries([...wanted].map(([name, value]) => [name, value.toString('base64')])),
  };
}

const removeRule = onSubscription(async (entity, { body, namespace }) => {
  await namespace.removeRule(entity, String(body['rule-name']));
  return { code: 200 };
});

const enumerateRules = onSubscription(async ({ subscription }, { body }) => {
  const skip = Number(body['skip'] ?? 0);
  const rules = subscription.rules.slice(skip, skip + Number(body['top'] ?? 100));
  if (rules.length === 0) return { code: 204 };
  return {
    code: 200,
    body: { rules: rules.map(({ definition }) => ({ 'rule-description': describeRule(definition) })) },
  };
});

/** Rules of a subscription, as its receivers may manage them. */
export const ruleOperations: Readonly<Record<string, Operation>> = {
  'add-rule': addRule,
  'remove-rule': removeRule,
  'enumerate-rules': enumerateRules,
};
