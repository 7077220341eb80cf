import { databaseRid } from '../container.ts';
import { badRequest, notFound } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { bodyObject, type CosmosRequest } from './request.ts';
import { answer, type CosmosResponse, listed } from './response.ts';
import type { Service } from './service.ts';

interface Database {
  readonly n: number;
  readonly id: string;
  readonly ts: number;
}

/** `/dbs`: list, query, create. */
export async function databases({ store }: Service, request: CosmosRequest): Promise<CosmosResponse> {
  if (request.method !== 'POST') return listed('Databases', store.databases().map(databaseDocument));
  const parsed = bodyObject(request);
  if ('query' in parsed) return listed('Databases', store.databases().map(databaseDocument));
  const { id } = parsed;
  if (typeof id !== 'string' || id === '') throw badRequest('The database needs an id.');
  await store.change(() => store.createDatabase(id));
  const made = store.databases().find((one) => one.id === id);
  return answer(201, JSON.stringify(made === undefined ? {} : databaseDocument(made)));
}

/** `/dbs/{id}`: read, delete. */
export async function database({ store }: Service, { method }: CosmosRequest, id: string): Promise<CosmosResponse> {
  const found = store.databases().find((one) => one.id === id);
  if (found === undefined) throw notFound();
  if (method === 'DELETE') {
    await store.change(() => store.deleteDatabase(id));
    return answer(204, '');
  }
  return answer(200, JSON.stringify(databaseDocument(found)));
}

function databaseDocument({ n, id, ts }: Database): JsonObject {
  const rid = databaseRid(n);
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
