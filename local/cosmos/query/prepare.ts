import { badRequest } from '../errors.ts';
import { isObject, type Json } from '../json.ts';
import type { Query } from '../sql/ast.ts';
import { compileQuery, type Stage } from '../sql/compile-query.ts';
import { parse } from '../sql/parser.ts';
import { QueryError } from '../sql/query-error.ts';

/** A query, read and compiled. */
export interface Prepared {
  readonly query: Query;
  readonly stage: Stage;
}

const known = new Map<string, Prepared>();
const mostKnown = 500;
/** Longer ones, with long lists of values, seldom come again. */
const longestKnown = 10_000;

/** Reads and compiles a query, keeping the latest ones. @throws QueryError where the service refuses it. */
export function prepare(sql: string): Prepared {
  let prepared = known.get(sql);
  if (prepared === undefined) {
    const query = parse(sql);
    refuseMeaningless(query);
    prepared = { query, stage: compileQuery(query) };
    if (known.size >= mostKnown) known.clear();
    if (sql.length <= longestKnown) known.set(sql, prepared);
  }
  return prepared;
}

function refuseMeaningless({ orderBy, groupBy, top, offset }: Query): void {
  if (orderBy.length > 0 && groupBy.length > 0)
    throw new QueryError('SC9003', "'ORDER BY' is not supported together with 'GROUP BY'.");
  if (top !== undefined && offset !== undefined)
    throw new QueryError('SC9003', "'TOP' and 'OFFSET LIMIT' cannot be used together.");
}

/** A query as its request names it. */
export interface QueryText {
  readonly sql: string;
  readonly parameters: ReadonlyMap<string, Json | undefined>;
}

/** Reads `{query, parameters}`. @throws CosmosError 400. */
export function readQueryBody(body: Json): QueryText {
  if (!isObject(body) || typeof body['query'] !== 'string') throw badRequest('A query needs the property "query".');
  const list = body['parameters'] ?? [];
  if (!Array.isArray(list)) throw badRequest('"parameters" must be a list.');
  return { sql: body['query'], parameters: new Map(list.map(readParameter)) };
}

function readParameter(entry: Json): [string, Json | undefined] {
  const name = isObject(entry) ? entry['name'] : undefined;
  if (!isObject(entry) || typeof name !== 'string' || !/^@\w+$/.test(name))
    throw badRequest('A parameter has a "name" that begins with @, and a "value".');
  return [name, entry['value']];
}
