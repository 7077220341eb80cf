import type { Expression, Query, Source } from './ast.ts';

/** An expression as text that parses to the same again; equal expressions give equal texts. */
export function printExpression(expression: Expression): string {
  const print = printExpression;
  const list = (items: readonly Expression[]): string => items.map(print).join(', ');
  switch (expression.kind) {
    case 'literal':
      return expression.value === undefined ? 'undefined' : JSON.stringify(expression.value);
    case 'parameter':
    case 'name':
      return expression.name;
    case 'property':
      return `${print(expression.of)}[${print(expression.key)}]`;
    case 'unary':
      return `(${expression.operator} ${print(expression.operand)})`;
    case 'and':
    case 'or':
      return `(${expression.operands.map(print).join(` ${expression.kind.toUpperCase()} `)})`;
    case 'binary':
      return `(${print(expression.left)} ${expression.operator} ${print(expression.right)})`;
    case 'conditional':
      return `(${print(expression.test)} ? ${print(expression.then)} : ${print(expression.otherwise)})`;
    case 'in':
      return `(${print(expression.operand)} IN (${list(expression.list)}))`;
    case 'between':
      return `(${print(expression.operand)} BETWEEN ${print(expression.low)} AND ${print(expression.high)})`;
    case 'like': {
      const escapedBy = expression.escape === undefined ? '' : ` ESCAPE ${JSON.stringify(expression.escape)}`;
      return `(${print(expression.operand)} LIKE ${print(expression.pattern)}${escapedBy})`;
    }
    case 'call':
      return `${expression.name}(${list(expression.parameters)})`;
    case 'udf':
      return `udf.${expression.name}(${list(expression.parameters)})`;
    case 'object':
      return `{${expression.entries.map(([key, value]) => `${JSON.stringify(key)}: ${print(value)}`).join(', ')}}`;
    case 'list':
      return `[${list(expression.items)}]`;
    case 'scalar':
      return `(${printQuery(expression.query)})`;
    default:
      return `${expression.kind.toUpperCase()}(${printQuery(expression.query)})`;
  }
}

/** A query as text that parses to the same again. */
export function printQuery(query: Query): string {
  const { select } = query;
  const selected =
    select.kind === 'star'
      ? '*'
      : select.kind === 'value'
        ? `VALUE ${printExpression(select.value)}`
        : select.columns.map(({ alias, value }) => columnText(alias, printExpression(value))).join(', ');
  const parts = [
    `SELECT ${query.distinct ? 'DISTINCT ' : ''}${query.top === undefined ? '' : `TOP ${printExpression(query.top)} `}${selected}`,
    query.sources.length === 0 ? '' : `FROM ${query.sources.map(printSource).join(' JOIN ')}`,
    query.where === undefined ? '' : `WHERE ${printExpression(query.where)}`,
    query.groupBy.length === 0 ? '' : `GROUP BY ${query.groupBy.map(printExpression).join(', ')}`,
    query.orderBy.length === 0
      ? ''
      : `ORDER BY ${query.orderBy.map(({ by, descending }) => `${printExpression(by)} ${descending ? 'DESC' : 'ASC'}`).join(', ')}`,
    query.offset === undefined || query.limit === undefined
      ? ''
      : `OFFSET ${printExpression(query.offset)} LIMIT ${printExpression(query.limit)}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** `$1` is what an unnamed column is called; it cannot be written as an alias. */
const columnText = (alias: string, value: string): string => (alias.startsWith('$') ? value : `${value} AS ${alias}`);

function printSource({ alias, of, each }: Source): string {
  if ('query' in of) return `(${printQuery(of.query)})${alias === undefined ? '' : ` AS ${alias}`}`;
  if (each) return `${alias} IN ${printExpression(of.path)}`;
  return of.path.kind === 'name' && of.path.name === alias
    ? alias
    : `${printExpression(of.path)}${alias === undefined ? '' : ` AS ${alias}`}`;
}
