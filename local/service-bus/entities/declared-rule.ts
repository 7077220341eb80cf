import { encodeScalar, type Scalar } from '../amqp/scalar.ts';
import { type CorrelationField, correlationFields } from '../rules/correlation-filter.ts';
import { everything, nothing, type RuleDefinition } from '../rules/rule.ts';
import type { DeclaredRule } from './emulator-config.ts';

/** A rule of the entity file. @throws Error naming the rule and what of it cannot be */
export function declaredRule({ Name, Properties = {} }: DeclaredRule, created: number): RuleDefinition {
  const { FilterType = 'Sql', SqlFilter, CorrelationFilter, Action } = Properties;
  const action = Action === undefined ? {} : { action: { expression: Action.SqlExpression } };
  const rule = (filter: RuleDefinition['filter']): RuleDefinition => ({ name: Name, filter, created, ...action });
  switch (FilterType) {
    case 'Sql':
      return rule(SqlFilter === undefined ? everything : { kind: 'sql', expression: SqlFilter.SqlExpression });
    case 'Correlation':
      return rule({ kind: 'correlation', ...correlation(Name, CorrelationFilter ?? {}) });
    case 'True':
    case 'TrueFilter':
      return rule(everything);
    case 'False':
    case 'FalseFilter':
      return rule(nothing);
    default:
      throw new Error(`Rule ${Name}: there is no filter type ${FilterType}; use Sql, Correlation, True or False.`);
  }
}

function correlation(rule: string, filter: Readonly<Record<string, unknown>>) {
  const fields: Partial<Record<CorrelationField, string>> = {};
  const properties: Record<string, string> = {};
  for (const [name, value] of Object.entries(filter)) {
    const field = correlationFields.find((one) => one === name.toLowerCase());
    if (field !== undefined) fields[field] = String(value);
    else if (name === 'Properties' && typeof value === 'object' && value !== null)
      for (const [property, wanted] of Object.entries(value))
        properties[property] = encodeScalar(plain(rule, property, wanted)).toString('base64');
    else throw new Error(`Rule ${rule}: a correlation filter has no ${name}.`);
  }
  return { fields, properties };
}

function plain(rule: string, property: string, value: unknown): Scalar {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  throw new Error(`Rule ${rule}: the property ${property} is a string, a number or a boolean.`);
}
