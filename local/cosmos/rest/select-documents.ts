import { badRequest } from '../errors.ts';
import { isObject, type JsonObject } from '../json.ts';
import { prepared, readQueryBody } from '../query.ts';
import { finish, rowsOf, type Scope } from '../sql/evaluate.ts';

/** Runs a query over documents in memory (databases, containers, offers). @throws CosmosError 400. */
export function selectDocuments(body: JsonObject, documents: readonly JsonObject[]): JsonObject[] {
  const { sql, parameters } = readQueryBody(body);
  const query = prepared(sql);
  const outer: Scope = { names: new Map(), parameters };
  const found = finish(
    query,
    documents.flatMap((document) => rowsOf(query, document, outer)),
    outer,
  );
  if (!found.every(isObject)) throw badRequest('A query over resources must select whole resources.');
  return found;
}
