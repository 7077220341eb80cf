import { badRequest } from '../errors.ts';
import { isObject, type JsonObject } from '../json.ts';
import { readQueryBody } from '../query/prepare.ts';
import { queryDocuments } from '../query/query-documents.ts';

/** Runs a query over documents in memory (databases, containers, offers). @throws CosmosError 400. */
export function selectDocuments(body: JsonObject, documents: readonly JsonObject[]): JsonObject[] {
  const found = queryDocuments(readQueryBody(body), documents, Date.now());
  if (!found.every(isObject)) throw badRequest('A query over resources must select whole resources.');
  return found;
}
