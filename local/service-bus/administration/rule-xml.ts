import { childOf, escapeXml, type XmlElement } from '../../xml.ts';
import { decodeScalar, encodeScalar, type Scalar } from '../amqp/scalar.ts';
import { EntityError } from '../entities/entity-error.ts';
import { type CorrelationField, correlationFields } from '../rules/correlation-filter.ts';
import { everything, nothing, type RuleDefinition, type SqlText } from '../rules/rule.ts';
import { element } from './describe-entity.ts';

const fieldElements: Readonly<Record<CorrelationField, string>> = {
  correlationid: 'CorrelationId',
  messageid: 'MessageId',
  to: 'To',
  replyto: 'ReplyTo',
  label: 'Label',
  sessionid: 'SessionId',
  replytosessionid: 'ReplyToSessionId',
  contenttype: 'ContentType',
};

// -- out

const pair = (key: string, type: string, value: string): string =>
  `<KeyValueOfstringanyType><Key>${escapeXml(key)}</Key><Value i:type="d6p1:${type}" xmlns:d6p1="http://www.w3.org/2001/XMLSchema">${escapeXml(value)}</Value></KeyValueOfstringanyType>`;

function sqlXml({ expression, parameters = {} }: SqlText): string {
  const pairs = Object.entries(parameters).map(([name, { type, value }]) => pair(name, type, value));
  const given = pairs.length === 0 ? '' : `<Parameters>${pairs.join('')}</Parameters>`;
  return `<SqlExpression>${escapeXml(expression)}</SqlExpression><CompatibilityLevel>20</CompatibilityLevel>${given}`;
}

function typeOf(value: Scalar | undefined): { type: string; text: string } {
  if (value instanceof Date) return { type: 'dateTime', text: value.toISOString() };
  if (typeof value === 'bigint')
    return { type: value >= -(2n ** 31n) && value < 2n ** 31n ? 'int' : 'long', text: String(value) };
  if (typeof value === 'number') return { type: 'double', text: String(value) };
  return { type: typeof value === 'boolean' ? 'boolean' : 'string', text: String(value ?? '') };
}

function filterXml(filter: RuleDefinition['filter']): string {
  if (filter.kind === 'sql') {
    const isTrue = filter.expression === everything.expression;
    const type = isTrue ? 'TrueFilter' : filter.expression === nothing.expression ? 'FalseFilter' : 'SqlFilter';
    return `<Filter i:type="${type}">${sqlXml(filter)}</Filter>`;
  }
  const fields = correlationFields.map((field) => {
    const value = filter.fields[field];
    return value === undefined ? '' : `<${fieldElements[field]}>${escapeXml(value)}</${fieldElements[field]}>`;
  });
  const pairs = Object.entries(filter.properties).map(([name, encoded]) => {
    const { type, text } = typeOf(decodeScalar(Buffer.from(encoded, 'base64')));
    return pair(name, type, text);
  });
  const properties = pairs.length === 0 ? '' : `<Properties>${pairs.join('')}</Properties>`;
  return `<Filter i:type="CorrelationFilter">${fields.join('')}${properties}</Filter>`;
}

/** A rule's description: the element in an entry's content. */
export function ruleXml({ name, filter, action, created }: RuleDefinition): string {
  const then =
    action === undefined
      ? '<Action i:type="EmptyRuleAction"/>'
      : `<Action i:type="SqlRuleAction">${sqlXml(action)}</Action>`;
  const at = new Date(created).toISOString();
  return element(
    'RuleDescription',
    `${filterXml(filter)}${then}<CreatedAt>${at}</CreatedAt><Name>${escapeXml(name)}</Name>`,
  );
}

// -- in

const textIn = (parent: XmlElement | undefined, name: string): string | undefined => childOf(parent, name)?.text.trim();

function pairsIn(parent: XmlElement | undefined): [name: string, type: string, value: string][] {
  return (parent?.children ?? []).map((one) => {
    const value = childOf(one, 'Value');
    const type = value?.attributes.get('type') ?? 'string';
    return [textIn(one, 'Key') ?? '', type.slice(type.indexOf(':') + 1), value?.text ?? ''];
  });
}

function sqlIn(parent: XmlElement | undefined): SqlText {
  const pairs = pairsIn(childOf(parent, 'Parameters'));
  return {
    expression: textIn(parent, 'SqlExpression') ?? '',
    ...(pairs.length > 0 && {
      parameters: Object.fromEntries(pairs.map(([name, type, value]) => [name, { type, value }])),
    }),
  };
}

function scalarIn([name, type, value]: [string, string, string]): Scalar {
  if (type === 'int' || type === 'long' || type === 'short') return BigInt(value);
  if (type === 'double') return Number(value);
  if (type === 'boolean') return value === 'true';
  if (type === 'dateTime') return new Date(value);
  if (type === 'string') return value;
  throw new EntityError('invalid', `The property ${name} has the type ${type}, which is not supported.`);
}

function filterIn(filter: XmlElement | undefined): RuleDefinition['filter'] {
  const type = filter?.attributes.get('type') ?? 'TrueFilter';
  if (type === 'TrueFilter') return everything;
  if (type === 'FalseFilter') return nothing;
  if (type === 'SqlFilter') return { kind: 'sql', ...sqlIn(filter) };
  if (type !== 'CorrelationFilter') throw new EntityError('invalid', `There is no filter ${type}.`);
  const fields = correlationFields.flatMap((field) => {
    const value = textIn(filter, fieldElements[field]);
    return value === undefined ? [] : [[field, value] as const];
  });
  const properties = pairsIn(childOf(filter, 'Properties')).map(
    (one) => [one[0], encodeScalar(scalarIn(one)).toString('base64')] as const,
  );
  return { kind: 'correlation', fields: Object.fromEntries(fields), properties: Object.fromEntries(properties) };
}

/** The rule that a description asks for. @param name from the path, if it is not in the description */
export function readRule(description: XmlElement, name: string | undefined, created: number): RuleDefinition {
  const action = childOf(description, 'Action');
  const hasAction = action?.attributes.get('type') === 'SqlRuleAction';
  return {
    name: name ?? textIn(description, 'Name') ?? '',
    filter: filterIn(childOf(description, 'Filter')),
    created,
    ...(hasAction && { action: sqlIn(action) }),
  };
}
