import type { IncomingHttpHeaders } from 'node:http';
import { badRequest } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { bodyObject, type CosmosRequest, header, pageSize } from './request.ts';
import { type CosmosResponse, listed } from './response.ts';
import { selectDocuments } from './select-documents.ts';

/** One page of resources that all fit in memory: databases, containers, offers, scripts. */
export function feedPage(
  { headers }: { readonly headers: IncomingHttpHeaders },
  rid: string,
  name: string,
  documents: readonly JsonObject[],
): CosmosResponse {
  const from = Number(header(headers, 'x-ms-continuation') ?? 0);
  if (!Number.isInteger(from) || from < 0) throw badRequest('The continuation token is not one of this server.');
  const end = from + pageSize(headers);
  return listed(rid, name, documents.slice(from, end), end < documents.length ? String(end) : undefined);
}

/** Such a page of what a query selects among the resources; undefined when the request is no query. */
export function queryPage(
  request: CosmosRequest,
  rid: string,
  name: string,
  documents: () => readonly JsonObject[],
): CosmosResponse | undefined {
  const isQuery =
    request.headers['x-ms-documentdb-isquery'] !== undefined ||
    header(request.headers, 'content-type')?.startsWith('application/query+json');
  if (!isQuery) return undefined;
  return feedPage(request, rid, name, selectDocuments(bodyObject(request), documents()));
}
