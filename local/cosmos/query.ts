import type { Container } from './container.ts';
import { badRequest } from './errors.ts';
import { indexValue } from './index-terms.ts';
import type { Item } from './item.ts';
import { isObject, type Json } from './json.ts';
import type { Query } from './sql/ast.ts';
import { finish, isAggregate, rowsOf, type Scope } from './sql/evaluate.ts';
import { type IndexCondition, indexConditions } from './sql/narrow.ts';
import { parse } from './sql/parser.ts';
import type { Store } from './store.ts';
import type { View } from './view.ts';

/** A query as a client sends it. */
export interface QueryRequest {
  readonly sql: string;
  readonly parameters: ReadonlyMap<string, Json | undefined>;
  /** Partition keys this query is limited to, as JSON arrays; a prefix of a hierarchical key limits too. */
  readonly partition: string | undefined;
  readonly prefix: string | undefined;
  readonly pageSize: number;
  readonly continuation: string | undefined;
}

export interface QueryPage {
  readonly results: readonly Json[];
  readonly continuation: string | undefined;
  readonly charge: number;
}

const parsed = new Map<string, Query>();
const maximumParsed = 500;
const maximumPage = 4 * 1024 * 1024;

/** Parses a query, keeping the latest ones parsed. */
export function prepared(sql: string): Query {
  let query = parsed.get(sql);
  if (query === undefined) {
    query = parse(sql);
    if (parsed.size >= maximumParsed) parsed.clear();
    parsed.set(sql, query);
  }
  return query;
}

/** Reads `{query, parameters}`. @throws CosmosError 400. */
export function readQueryBody(body: Json): { sql: string; parameters: Map<string, Json | undefined> } {
  if (!isObject(body) || typeof body['query'] !== 'string') throw badRequest('A query needs the property "query".');
  const list = body['parameters'] ?? [];
  if (!Array.isArray(list)) throw badRequest('"parameters" must be a list.');
  return {
    sql: body['query'],
    parameters: new Map(
      list.map((entry) => (isObject(entry) ? [String(entry['name']), entry['value']] : ['', undefined])),
    ),
  };
}

/** Runs a query over what `view` shows, one page at a time. */
export function runQuery(store: Store, container: Container, request: QueryRequest, view: View): QueryPage {
  const query = prepared(request.sql);
  requireCompositeIndex(container, query);
  const outer: Scope = { names: new Map(), parameters: request.parameters };
  const conditions = indexConditions(query, request.parameters).filter(({ path }) => container.indexed(path));
  const candidates = view.overlay(selectCandidates(store, container, conditions, request), request);
  const streamed =
    !isAggregate(query) &&
    query.orderBy.length === 0 &&
    !query.distinct &&
    query.top === undefined &&
    query.limit === undefined;
  const skip = readContinuation(request.continuation);
  const rows: Scope[] = [];
  const results: Json[] = [];
  let loaded = 0;
  let bytes = 0;
  for (const item of candidates) {
    loaded++;
    const scopes = rowsOf(query, JSON.parse(item.body), outer);
    if (!streamed) {
      rows.push(...scopes);
      continue;
    }
    results.push(...finish(query, scopes, outer));
    bytes += item.body.length;
    if (results.length > skip + request.pageSize || bytes > maximumPage * 4) break;
  }
  const all = streamed ? results : finish(query, rows, outer);
  const page = all.slice(skip, skip + request.pageSize);
  const more = all.length > skip + page.length;
  const charge =
    2.3 +
    0.3 * conditions.length +
    0.05 * loaded +
    (conditions.length === 0 && request.partition === undefined ? 0.02 * loaded : 0);
  return { results: page, continuation: more ? String(skip + page.length) : undefined, charge };
}

function readContinuation(token: string | undefined): number {
  if (token === undefined || token === '') return 0;
  const skip = Number(token);
  if (!Number.isInteger(skip) || skip < 0) throw badRequest('The continuation token is not one of this server.');
  return skip;
}

/** ORDER BY over several properties needs a composite index, as in the service. */
function requireCompositeIndex(container: Container, query: Query): void {
  if (query.orderBy.length < 2) return;
  const policy = container.definition['indexingPolicy'];
  const composites = isObject(policy) ? policy['compositeIndexes'] : undefined;
  const wanted = query.orderBy
    .map(({ by }) => (by.kind === 'property' && by.key.kind === 'literal' ? String(by.key.value) : ''))
    .join();
  const offered = (Array.isArray(composites) ? composites : []).map((composite) =>
    Array.isArray(composite)
      ? composite.map((entry) => (isObject(entry) ? String(entry['path']).split('/').at(-1) : '')).join()
      : '',
  );
  if (!offered.includes(wanted)) {
    throw badRequest('The order by query does not have a corresponding composite index that it can be served from.');
  }
}

const columns = 'i.row, i.partition, i.id, i.lsn, i.etag, i.ts, i.expires, i.body';

/**
 * The items that may match: those of the partition, cut down by every condition that the index answers. SQLite
 * intersects the terms; a partition is a seek of its own.
 */
function* selectCandidates(
  store: Store,
  container: Container,
  conditions: readonly IndexCondition[],
  request: QueryRequest,
): Generator<Item> {
  const where = ['i.container = ?'];
  const values: (string | number | Uint8Array)[] = [container.n];
  if (request.partition !== undefined) {
    where.push('i.partition = ?');
    values.push(request.partition);
  } else if (request.prefix !== undefined) {
    where.push('i.partition >= ? AND i.partition < ?');
    values.push(`${request.prefix.slice(0, -1)},`, `${request.prefix.slice(0, -1)}-`);
  }
  // Inside one partition the seek alone is selective; terms help when a partition is large or none is given.
  for (const condition of conditions) {
    const term = termCondition(condition);
    if (term === undefined) continue;
    const exists =
      request.partition === undefined
        ? `i.row IN (SELECT item FROM terms WHERE container = ? AND path = ? AND ${term.sql})`
        : `EXISTS (SELECT 1 FROM terms WHERE container = ? AND path = ? AND item = i.row AND ${term.sql})`;
    where.push(exists);
    values.push(container.n, condition.path, ...term.values);
  }
  const sql = `SELECT ${columns} FROM items i WHERE ${where.join(' AND ')} ORDER BY i.row`;
  for (const row of store.statement(sql).all(...values) as unknown as Item[]) if (store.alive(row)) yield row;
}

function termCondition(
  condition: IndexCondition,
): { sql: string; values: (string | number | Uint8Array)[] } | undefined {
  if ('equals' in condition) {
    const values = condition.equals.map((value) => indexValue(value as string | number | boolean | null));
    return { sql: `value IN (${values.map(() => '?').join()})`, values };
  }
  const sql: string[] = [];
  const values: (string | number)[] = [];
  for (const [bound, operator] of [
    [condition.from, '>'],
    [condition.to, '<'],
  ] as const) {
    if (bound === undefined) continue;
    sql.push(`value ${operator}${bound.inclusive ? '=' : ''} ?`);
    values.push(bound.value);
  }
  return sql.length === 0 ? undefined : { sql: sql.join(' AND '), values };
}
