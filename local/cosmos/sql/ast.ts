import type { Json } from '../json.ts';

/** A scalar expression of Cosmos SQL. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Json | undefined }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'property'; readonly of: Expression; readonly key: Expression }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    }
  | { readonly kind: 'in'; readonly operand: Expression; readonly list: readonly Expression[] }
  | { readonly kind: 'between'; readonly operand: Expression; readonly low: Expression; readonly high: Expression }
  | { readonly kind: 'like'; readonly operand: Expression; readonly pattern: Expression; readonly escape?: string }
  | { readonly kind: 'call'; readonly name: string; readonly parameters: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Expression])[] }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'exists' | 'array' | 'scalar'; readonly query: Query };

/** `FROM x`, `FROM x IN c.y`, `JOIN x IN c.y`. */
export interface Source {
  readonly alias: string;
  /** undefined: the container itself. */
  readonly path: Expression | undefined;
  /** Whether the path's elements are gone through one by one. */
  readonly each: boolean;
}

export interface Query {
  readonly distinct: boolean;
  readonly top: Expression | undefined;
  /** `*`, `VALUE x`, or a list with aliases. */
  readonly select:
    | '*'
    | { readonly value: Expression }
    | readonly { readonly alias: string; readonly value: Expression }[];
  readonly sources: readonly Source[];
  readonly where: Expression | undefined;
  readonly groupBy: readonly Expression[];
  readonly orderBy: readonly { readonly by: Expression; readonly descending: boolean }[];
  readonly offset: Expression | undefined;
  readonly limit: Expression | undefined;
}
