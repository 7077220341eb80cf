import { encodedMap, encodeMap } from '../amqp/encoded.ts';
import { types } from '../amqp/rhea.ts';
import { correlationFields } from '../rules/correlation-filter.ts';
import { everything, nothing, type RuleDefinition } from '../rules/rule.ts';

/** Descriptors (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response#enumerate-rules). */
const code = {
  rule: 0x137_0000_0004,
  emptyAction: 0x137_0000_0005,
  sqlAction: 0x137_0000_0006,
  sqlFilter: 0x13_7000_0006,
  trueFilter: 0x13_7000_0007,
  falseFilter: 0x13_7000_0008,
  correlationFilter: 0x13_7000_0009,
} as const;
/** The version of the SQL dialect. */
const compatibility = 20;

const described = (descriptor: number, fields: readonly unknown[]): unknown =>
  types.described(types.wrap_ulong(descriptor), types.wrap_list(fields));

/** A rule as `enumerate-rules` lists it. True and false filters are told from SQL, as clients have classes for them. */
export function describeRule({ name, filter, action, created }: RuleDefinition): unknown {
  const then =
    action === undefined
      ? described(code.emptyAction, [])
      : described(code.sqlAction, [action.expression, types.wrap_int(compatibility)]);
  return described(code.rule, [describeFilter(filter), then, name, new Date(created)]);
}

function describeFilter(filter: RuleDefinition['filter']): unknown {
  if (filter.kind === 'correlation') {
    const fields = correlationFields.map((field) => filter.fields[field] ?? null);
    const properties = new Map(
      Object.entries(filter.properties).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
    );
    return described(code.correlationFilter, [...fields, typed(encodeMap(properties, 'string'))]);
  }
  if (filter.expression === everything.expression) return described(code.trueFilter, []);
  if (filter.expression === nothing.expression) return described(code.falseFilter, []);
  return described(code.sqlFilter, [filter.expression, types.wrap_int(compatibility)]);
}

/** Encoded bytes as rhea writes them again, with the types they have. */
const typed = (bytes: Buffer): unknown => {
  encodedMap(bytes);
  return new types.Reader(bytes).read();
};
