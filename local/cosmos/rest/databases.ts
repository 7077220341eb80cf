import type { Database } from '../catalog.ts';
import { CosmosError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { checkedResourceId } from '../resource-name.ts';
import { feedPage, queryPage } from './feed-page.ts';
import { offerOfRequest } from './offer-headers.ts';
import { bodyObject, type CosmosRequest } from './request.ts';
import { answer, type CosmosResponse } from './response.ts';
import type { Service } from './service.ts';

/** `/dbs`: list, query, create. */
export async function databases({ store }: Service, request: CosmosRequest): Promise<CosmosResponse> {
  const all = (): JsonObject[] => store.catalog.databases().map(databaseDocument);
  if (request.method === 'GET') return feedPage(request, '', 'Databases', all());
  if (request.method !== 'POST') throw new CosmosError(405, `${request.method} is not allowed here.`);
  const found = queryPage(request, '', 'Databases', all);
  if (found !== undefined) return found;
  const id = checkedResourceId(bodyObject(request)['id']);
  const offer = offerOfRequest(request.headers);
  const made = await store.change(() => {
    const database = store.catalog.createDatabase(id, store.seconds());
    if (offer !== undefined) store.offers.set(database.rid, offer);
    return database;
  });
  return answer(201, JSON.stringify(databaseDocument(made)));
}

/** `/dbs/{id}`: read, delete. */
export async function database({ store }: Service, { method }: CosmosRequest, id: string): Promise<CosmosResponse> {
  const found = store.catalog.database(id);
  if (method === 'GET') return answer(200, JSON.stringify(databaseDocument(found)));
  if (method !== 'DELETE') throw new CosmosError(405, `${method} is not allowed here.`);
  await store.change(() => store.deleteDatabase(store.catalog.database(id)));
  return answer(204, '');
}

function databaseDocument({ n, id, ts, rid }: Database): JsonObject {
  return {
    id,
    _rid: rid,
    _self: `dbs/${rid}/`,
    _etag: `"d${n}"`,
    _colls: 'colls/',
    _users: 'users/',
    _ts: ts,
  };
}
