import type { Database } from '../catalog.ts';
import { badRequest } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { bodyObject, type CosmosRequest } from './request.ts';
import { answer, type CosmosResponse, listed } from './response.ts';
import type { Service } from './service.ts';

/** `/dbs`: list, query, create. */
export async function databases({ store }: Service, request: CosmosRequest): Promise<CosmosResponse> {
  if (request.method !== 'POST') return listed('Databases', store.catalog.databases().map(databaseDocument));
  const parsed = bodyObject(request);
  if ('query' in parsed) return listed('Databases', store.catalog.databases().map(databaseDocument));
  const { id } = parsed;
  if (typeof id !== 'string' || id === '') throw badRequest('The database needs an id.');
  const made = await store.change(() => store.catalog.createDatabase(id, store.seconds()));
  return answer(201, JSON.stringify(databaseDocument(made)));
}

/** `/dbs/{id}`: read, delete. */
export async function database({ store }: Service, { method }: CosmosRequest, id: string): Promise<CosmosResponse> {
  const found = store.catalog.database(id);
  if (method === 'DELETE') {
    await store.change(() => store.catalog.deleteDatabase(found));
    return answer(204, '');
  }
  return answer(200, JSON.stringify(databaseDocument(found)));
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
