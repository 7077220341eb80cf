import type { Evaluation, SqlParameters } from './sql-expression.ts';
import { SqlSyntaxError } from './sql-lexer.ts';
import { SqlParser } from './sql-parser.ts';

/** The service's limit for a filter's or an action's text. */
export const longestSql = 1024;

/** A SQL filter as a test of messages. @throws SqlSyntaxError; the test throws FilterEvaluationError */
export function compileFilter(sql: string, parameters?: SqlParameters): (given: Evaluation) => boolean {
  if (sql.length > longestSql) throw new SqlSyntaxError(`The filter is longer than ${longestSql} characters.`);
  const parser = new SqlParser(sql, parameters);
  const predicate = parser.predicate();
  if (!parser.atEnd) parser.fail('the end of the filter');
  return (given) => predicate(given) === true;
}
