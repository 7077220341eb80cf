import { badRequest } from '../errors.ts';
import { compare, equal, isObject, type Json, kindOf } from '../json.ts';
import type { Expression, Query } from './ast.ts';
import { aggregates, builtin } from './functions.ts';

type Value = Json | undefined;

/** What names and parameters stand for while an expression is worked out. */
export interface Scope {
  readonly names: ReadonlyMap<string, Value>;
  readonly parameters: ReadonlyMap<string, Value>;
  /** Rows of the group, inside an aggregate query. */
  readonly group?: readonly Scope[];
}

type Evaluate = (scope: Scope) => Value;

const compiled = new WeakMap<Expression, Evaluate>();

/** Turns an expression into a function; each expression is compiled once. */
export function compile(expression: Expression): Evaluate {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  const made = build(expression);
  compiled.set(expression, made);
  return made;
}

function build(expression: Expression): Evaluate {
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression;
      return () => value;
    }
    case 'parameter': {
      const { name } = expression;
      return ({ parameters }) => {
        if (!parameters.has(name)) throw badRequest(`The parameter ${name} has no value.`);
        return parameters.get(name);
      };
    }
    case 'name': {
      const { name } = expression;
      return ({ names }) => {
        if (!names.has(name)) throw badRequest(`Identifier '${name}' could not be resolved.`);
        return names.get(name);
      };
    }
    case 'property': {
      const [of, key] = [compile(expression.of), compile(expression.key)];
      return (scope) => property(of(scope), key(scope));
    }
    case 'unary':
      return unary(expression.operator, compile(expression.operand));
    case 'binary':
      return binary(expression.operator, compile(expression.left), compile(expression.right));
    case 'conditional': {
      const [test, then, otherwise] = [expression.test, expression.then, expression.otherwise].map(compile) as [
        Evaluate,
        Evaluate,
        Evaluate,
      ];
      return (scope) => (test(scope) === true ? then(scope) : otherwise(scope));
    }
    case 'in': {
      const [operand, list] = [compile(expression.operand), expression.list.map(compile)];
      return (scope) => {
        const value = operand(scope);
        return value === undefined ? undefined : list.some((item) => equal(value, item(scope)));
      };
    }
    case 'between': {
      const [operand, low, high] = [compile(expression.operand), compile(expression.low), compile(expression.high)];
      return (scope) => both(ordered('>=', operand(scope), low(scope)), ordered('<=', operand(scope), high(scope)));
    }
    case 'like': {
      const [operand, pattern] = [compile(expression.operand), compile(expression.pattern)];
      return (scope) => {
        const [value, wanted] = [operand(scope), pattern(scope)];
        if (typeof value !== 'string' || typeof wanted !== 'string') return undefined;
        return likePattern(wanted, expression.escape).test(value);
      };
    }
    case 'call':
      return call(expression.name, expression.parameters);
    case 'object': {
      const entries = expression.entries.map(([key, value]) => [key, compile(value)] as const);
      return (scope) =>
        Object.fromEntries(
          entries.flatMap(([key, value]) => {
            const made = value(scope);
            return made === undefined ? [] : [[key, made] as const];
          }),
        );
    }
    case 'list': {
      const items = expression.items.map(compile);
      return (scope) => items.map((item) => item(scope)).filter((item) => item !== undefined);
    }
    case 'exists':
      return (scope) => run(expression.query, undefined, scope).length > 0;
    case 'array':
      return (scope) => run(expression.query, undefined, scope);
    case 'scalar':
      return (scope) => run(expression.query, undefined, scope)[0];
  }
}

function property(of: Value, key: Value): Value {
  if (Array.isArray(of)) return typeof key === 'number' ? of[key] : undefined;
  return isObject(of) && typeof key === 'string' && Object.hasOwn(of, key) ? of[key] : undefined;
}

function unary(operator: string, operand: Evaluate): Evaluate {
  return (scope) => {
    const value = operand(scope);
    if (operator === 'NOT') return typeof value === 'boolean' ? !value : undefined;
    if (typeof value !== 'number') return undefined;
    return operator === '-' ? -value : operator === '~' ? ~value : value;
  };
}

/** Three-valued logic: false decides AND, true decides OR, whatever the other side is. */
const both = (a: Value, b: Value): Value =>
  a === false || b === false ? false : a === true && b === true ? true : undefined;
const either = (a: Value, b: Value): Value =>
  a === true || b === true ? true : a === false && b === false ? false : undefined;

function binary(operator: string, left: Evaluate, right: Evaluate): Evaluate {
  if (operator === 'AND') {
    return (scope) => {
      const value = left(scope);
      return value === false ? false : both(value, right(scope));
    };
  }
  if (operator === 'OR') {
    return (scope) => {
      const value = left(scope);
      return value === true ? true : either(value, right(scope));
    };
  }
  if (operator === '??') return (scope) => left(scope) ?? right(scope);
  return (scope) => apply(operator, left(scope), right(scope));
}

function apply(operator: string, a: Value, b: Value): Value {
  if (operator === '=' || operator === '!=') {
    if (a === undefined || b === undefined) return undefined;
    if (kindOf(a) !== kindOf(b)) return operator === '!=';
    return equal(a, b) === (operator === '=');
  }
  if (operator === '||') return typeof a === 'string' && typeof b === 'string' ? a + b : undefined;
  if (['<', '<=', '>', '>='].includes(operator)) return ordered(operator, a, b);
  if (typeof a !== 'number' || typeof b !== 'number') return undefined;
  const result = arithmetic[operator]?.(a, b);
  return result !== undefined && Number.isFinite(result) ? result : undefined;
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >> b,
  '>>>': (a, b) => a >>> b,
};

/** Only values of one type have an order; anything else is undefined. */
function ordered(operator: string, a: Value, b: Value): Value {
  if (kindOf(a) !== kindOf(b) || a === undefined || typeof a === 'object') return undefined;
  const order = compare(a, b);
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

function likePattern(pattern: string, escapedBy: string | undefined): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i] ?? '';
    const next = pattern[i + 1];
    if (character === escapedBy && next !== undefined) {
      source += next.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      i++;
    } else if (character === '%') source += '[^]*';
    else if (character === '_') source += '[^]';
    else source += character.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  }
  return new RegExp(`^${source}$`);
}

function call(name: string, parameters: readonly Expression[]): Evaluate {
  const aggregate = aggregates[name];
  const [first] = parameters;
  if (aggregate !== undefined && first !== undefined) {
    const value = compile(first);
    return ({ group }) => {
      if (group === undefined) throw badRequest(`The aggregate ${name} is not allowed here.`);
      return aggregate(group.map((row) => value(row)));
    };
  }
  const apply = builtin(name);
  const values = parameters.map(compile);
  return (scope) => apply(...values.map((value) => value(scope)));
}

const mentionsAggregate = (expression: Expression): boolean => {
  switch (expression.kind) {
    case 'call':
      return expression.name in aggregates || expression.parameters.some(mentionsAggregate);
    case 'binary':
      return mentionsAggregate(expression.left) || mentionsAggregate(expression.right);
    case 'unary':
      return mentionsAggregate(expression.operand);
    case 'object':
      return expression.entries.some(([, value]) => mentionsAggregate(value));
    case 'property':
      return mentionsAggregate(expression.of);
    default:
      return false;
  }
};

const aggregated = new WeakMap<Query, boolean>();

/** Whether a query folds rows together. */
export function isAggregate(query: Query): boolean {
  let known = aggregated.get(query);
  if (known === undefined) {
    const { select } = query;
    const values = select === '*' ? [] : 'value' in select ? [select.value] : select.map(({ value }) => value);
    known = query.groupBy.length > 0 || values.some(mentionsAggregate);
    aggregated.set(query, known);
  }
  return known;
}

/**
 * Rows that FROM and WHERE let through, for one document (or, in a subquery, for what surrounds it).
 * @param document undefined in a subquery.
 */
export function rowsOf(query: Query, document: Value, outer: Scope): Scope[] {
  let scopes: Scope[] = [outer];
  for (const [index, { alias, path, each }] of query.sources.entries()) {
    scopes = scopes.flatMap((scope) => {
      const base =
        index === 0 && document !== undefined
          ? withName(withName(scope, 'root', document), rootAlias(query), document)
          : scope;
      const value = path === undefined ? (base.names.get(alias) ?? document) : compile(path)(base);
      if (!each) return value === undefined ? [] : [withName(base, alias, value)];
      return Array.isArray(value) ? value.map((item) => withName(base, alias, item)) : [];
    });
  }
  if (query.where === undefined) return scopes;
  const test = compile(query.where);
  return scopes.filter((scope) => test(scope) === true);
}

/** `FROM x IN c.items`: the container is known by the name that the path begins with. */
function rootAlias(query: Query): string {
  let path = query.sources[0]?.path;
  while (path?.kind === 'property') path = path.of;
  return path?.kind === 'name' ? path.name : (query.sources[0]?.alias ?? 'c');
}

const withName = (scope: Scope, name: string, value: Value): Scope => ({
  ...scope,
  names: new Map(scope.names).set(name, value),
});

/** What SELECT makes of one row; undefined: the row gives nothing. */
export function project(query: Query, scope: Scope): Value {
  const { select } = query;
  if (select === '*') return query.sources.length === 0 ? {} : scope.names.get(query.sources[0]?.alias ?? 'c');
  if ('value' in select) return compile(select.value)(scope);
  const made: Record<string, Json> = {};
  for (const { alias, value } of select) {
    const result = compile(value)(scope);
    if (result !== undefined) made[alias] = result;
  }
  return made;
}

/** Groups rows by GROUP BY (one group for all without it) and projects each group. */
export function foldGroups(query: Query, rows: readonly Scope[], parameters: Scope['parameters']): Json[] {
  const groups = new Map<string, Scope[]>();
  if (query.groupBy.length === 0) groups.set('', [...rows]);
  for (const row of query.groupBy.length === 0 ? [] : rows) {
    const key = JSON.stringify(query.groupBy.map((by) => compile(by)(row) ?? null));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()].flatMap((group) => {
    const made = project(query, { names: group[0]?.names ?? new Map(), parameters, group });
    return made === undefined ? [] : [made];
  });
}

/** Runs a subquery inside the scope around it. */
export function run(query: Query, document: Value, outer: Scope): Json[] {
  const rows = rowsOf(query, document, outer);
  return finish(query, rows, outer);
}

/** SELECT, DISTINCT, ORDER BY, TOP, OFFSET and LIMIT over the rows of a query. */
export function finish(query: Query, rows: readonly Scope[], outer: Scope): Json[] {
  let results: Json[];
  if (isAggregate(query)) results = foldGroups(query, rows, outer.parameters);
  else {
    const sorted = query.orderBy.length === 0 ? rows : sortRows(query, rows);
    results = sorted.flatMap((row) => {
      const made = project(query, row);
      return made === undefined ? [] : [made];
    });
  }
  if (query.distinct) {
    const seen = new Set<string>();
    results = results.filter((result) => {
      const key = JSON.stringify(result);
      return !seen.has(key) && seen.add(key) !== undefined;
    });
  }
  const from = count(query.offset, outer) ?? 0;
  const limit = count(query.limit, outer) ?? count(query.top, outer) ?? Number.POSITIVE_INFINITY;
  return from === 0 && limit === Number.POSITIVE_INFINITY ? results : results.slice(from, from + limit);
}

function count(expression: Expression | undefined, scope: Scope): number | undefined {
  if (expression === undefined) return undefined;
  const value = compile(expression)(scope);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw badRequest('TOP, OFFSET and LIMIT take a whole number that is not negative.');
  }
  return value;
}

function sortRows(query: Query, rows: readonly Scope[]): Scope[] {
  const keys = query.orderBy.map(({ by, descending }) => ({ by: compile(by), sign: descending ? -1 : 1 }));
  return rows
    .map((row) => ({ row, values: keys.map(({ by }) => by(row)) }))
    .sort((a, b) => {
      for (const [i, { sign }] of keys.entries()) {
        const order = compare(a.values[i], b.values[i]);
        if (order !== 0) return sign * order;
      }
      return 0;
    })
    .map(({ row }) => row);
}
