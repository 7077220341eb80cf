import type { Json } from '../json.ts';

/** Where a part of a query stands in its text, as error bodies name it. */
export interface Location {
  readonly start: number;
  readonly end: number;
}

/** A scalar expression of Cosmos SQL. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Json | undefined }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'name'; readonly name: string; readonly at: Location }
  | { readonly kind: 'property'; readonly of: Expression; readonly key: Expression }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
  /** `AND` and `OR` take any number of operands, so that long chains do not nest. */
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    }
  | { readonly kind: 'in'; readonly operand: Expression; readonly list: readonly Expression[] }
  | { readonly kind: 'between'; readonly operand: Expression; readonly low: Expression; readonly high: Expression }
  | { readonly kind: 'like'; readonly operand: Expression; readonly pattern: Expression; readonly escape?: string }
  | { readonly kind: 'call'; readonly name: string; readonly parameters: readonly Expression[]; readonly at: Location }
  /** `udf.name(…)`; names keep their case. */
  | { readonly kind: 'udf'; readonly name: string; readonly parameters: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Expression])[] }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: SubqueryKind; readonly query: Query };

export type UnaryOperator = 'NOT' | '-' | '+' | '~';
export type BinaryOperator =
  | '??'
  | '||'
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '|'
  | '^'
  | '&'
  | '<<'
  | '>>'
  | '>>>'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';
export type SubqueryKind = 'exists' | 'array' | 'scalar' | 'first' | 'last';

/** One part of FROM: the container, a path of what is known already, or the results of a subquery. */
export interface Source {
  /** undefined: a subquery that nobody names. */
  readonly alias: string | undefined;
  readonly of: { readonly path: Expression } | { readonly query: Query };
  /** `x IN path`: the elements of an array, one by one. */
  readonly each: boolean;
}

export type Select =
  | { readonly kind: 'star'; readonly at: Location }
  | { readonly kind: 'value'; readonly value: Expression }
  | { readonly kind: 'columns'; readonly columns: readonly Column[] };

export interface Column {
  readonly alias: string;
  readonly value: Expression;
}

export interface OrderItem {
  readonly by: Expression;
  readonly descending: boolean;
}

export interface Query {
  readonly distinct: boolean;
  readonly top: Expression | undefined;
  readonly select: Select;
  readonly sources: readonly Source[];
  readonly where: Expression | undefined;
  readonly groupBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly offset: Expression | undefined;
  readonly limit: Expression | undefined;
}
