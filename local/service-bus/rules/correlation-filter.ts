import { decodeScalar } from '../amqp/scalar.ts';
import type { propertyFields } from './rule-message.ts';
import type { Evaluation } from './sql-expression.ts';
import { compare } from './sql-values.ts';

/** Fields that a correlation filter may ask for, in the order of their AMQP description, by our system property. */
export const correlationFields = [
  'correlationid',
  'messageid',
  'to',
  'replyto',
  'label',
  'sessionid',
  'replytosessionid',
  'contenttype',
] as const satisfies readonly (keyof typeof propertyFields)[];
export type CorrelationField = (typeof correlationFields)[number];

export interface CorrelationFilter {
  readonly fields: Readonly<Partial<Record<CorrelationField, string>>>;
  /** Application properties as encoded AMQP values in base64: their types survive. */
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * All that the filter names must be equal
 * (https://learn.microsoft.com/azure/service-bus-messaging/topic-filters). @throws Error when it names nothing
 */
export function compileCorrelation({ fields, properties }: CorrelationFilter): (given: Evaluation) => boolean {
  const wantedFields = Object.entries(fields);
  const wantedProperties = Object.entries(properties).map(
    ([name, encoded]) => [name, Buffer.from(encoded, 'base64')] as const,
  );
  if (wantedFields.length + wantedProperties.length === 0)
    throw new Error('A correlation filter names at least one property.');
  return ({ message }) =>
    wantedFields.every(([name, value]) => compare('=', message.system(name), value) === true) &&
    wantedProperties.every(([name, encoded]) => {
      const wanted = decodeScalar(encoded);
      // What has no order, a binary or a described value, is equal when its bytes are.
      return wanted === undefined
        ? message.user.get(name)?.equals(encoded) === true
        : compare('=', message.userProperty(name), wanted) === true;
    });
}
