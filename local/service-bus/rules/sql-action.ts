import { encodeScalar } from '../amqp/scalar.ts';
import { propertyFields } from './rule-message.ts';
import type { Evaluation, PropertyName, SqlParameters } from './sql-expression.ts';
import { longestSql } from './sql-filter.ts';
import { SqlSyntaxError } from './sql-lexer.ts';
import { SqlParser } from './sql-parser.ts';

type Statement = (given: Evaluation) => void;

/**
 * SET and REMOVE statements, apart by semicolons
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-rule-action).
 * @throws SqlSyntaxError; running it throws FilterEvaluationError
 */
export function compileAction(sql: string, parameters?: SqlParameters): Statement {
  if (sql.length > longestSql) throw new SqlSyntaxError(`The action is longer than ${longestSql} characters.`);
  const parser = new SqlParser(sql, parameters);
  const statements: Statement[] = [];
  while (!parser.atEnd) {
    if (parser.word('SET')) statements.push(set(parser));
    else if (parser.word('REMOVE')) statements.push(remove(parser.property()));
    else parser.fail('SET or REMOVE');
    if (!parser.operator(';') && !parser.atEnd) parser.fail('";" or the end of the action');
  }
  if (statements.length === 0) throw new SqlSyntaxError('The action is empty.');
  return (given) => {
    for (const statement of statements) statement(given);
  };
}

/** The place of a system property that may be set. @throws SqlSyntaxError for one that the service alone decides */
function fieldOf(name: string): number {
  const field = propertyFields[name];
  if (field === undefined) throw new SqlSyntaxError(`sys.${name} cannot be changed by an action.`);
  return field;
}

function set(parser: SqlParser): Statement {
  const { scope, name } = parser.property();
  if (!parser.operator('=')) parser.fail('"="');
  const value = parser.expression();
  if (scope === 'user') return (given) => void given.message.user.set(name, encodeScalar(value(given) ?? null));
  const field = fieldOf(name);
  return (given) => void given.message.changedFields.set(field, encodeScalar(value(given) ?? null));
}

function remove({ scope, name }: PropertyName): Statement {
  if (scope === 'user') return ({ message }) => void message.user.delete(name);
  const field = fieldOf(name);
  return ({ message }) => void message.changedFields.set(field, encodeScalar(null));
}
