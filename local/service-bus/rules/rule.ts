import type { Scalar } from '../amqp/scalar.ts';
import { type CorrelationFilter, compileCorrelation } from './correlation-filter.ts';
import { compileAction } from './sql-action.ts';
import type { Evaluation, SqlParameters } from './sql-expression.ts';
import { compileFilter } from './sql-filter.ts';

/** SQL with values of its `@names`, each as `{type, value}`: JSON knows neither longs nor dates. */
export interface SqlText {
  readonly expression: string;
  readonly parameters?: Readonly<Record<string, { readonly type: string; readonly value: string }>>;
}

/** A rule as it is kept: JSON. */
export interface RuleDefinition {
  readonly name: string;
  readonly filter: ({ readonly kind: 'sql' } & SqlText) | ({ readonly kind: 'correlation' } & CorrelationFilter);
  readonly action?: SqlText;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** A rule that runs. */
export interface Rule {
  readonly definition: RuleDefinition;
  matches(given: Evaluation): boolean;
  readonly act: ((given: Evaluation) => void) | undefined;
}

export const everything = { kind: 'sql', expression: '1=1' } as const;
export const nothing = { kind: 'sql', expression: '1=0' } as const;

const parameterReaders: Readonly<Record<string, (value: string) => Scalar>> = {
  string: (value) => value,
  int: BigInt,
  long: BigInt,
  double: Number,
  boolean: (value) => value === 'true',
  dateTime: (value) => new Date(value),
};

function parametersOf({ parameters = {} }: SqlText): SqlParameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { type, value }]) => {
      const read = parameterReaders[type];
      if (read === undefined) throw new Error(`The parameter ${name} has the type ${type}, which is not supported.`);
      return [name, read(value)];
    }),
  );
}

/** @throws Error that says what of the rule cannot be */
export function compileRule(definition: RuleDefinition): Rule {
  const { name, filter, action } = definition;
  if (!/^[^/\\@?#*]{1,50}$/.test(name))
    throw new Error(`"${name}" cannot be the name of a rule: at most 50 characters, none of / \\ @ ? # *.`);
  return {
    definition,
    matches:
      filter.kind === 'sql' ? compileFilter(filter.expression, parametersOf(filter)) : compileCorrelation(filter),
    act: action === undefined ? undefined : compileAction(action.expression, parametersOf(action)),
  };
}
