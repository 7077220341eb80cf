import type { Container } from '../container.ts';
import { badRequest } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { databaseRid } from '../resource-id.ts';
import { bodyObject, type CosmosRequest } from './request.ts';
import { answer, type CosmosResponse, containerHeaders, listed } from './response.ts';
import type { Service } from './service.ts';

/** `/dbs/{database}/colls`: list, query, create. */
export async function containers(
  { store }: Service,
  request: CosmosRequest,
  databaseId: string,
): Promise<CosmosResponse> {
  const database = store.catalog.database(databaseId);
  const all = (): CosmosResponse =>
    listed('DocumentCollections', store.catalog.containersOf(database.id).map(containerDocument));
  if (request.method !== 'POST') return all();
  const parsed = bodyObject(request);
  if ('query' in parsed) return all();
  const made = await store.change(() =>
    store.catalog.createContainer(database, checkedDefinition(parsed), store.seconds()),
  );
  return answer(201, JSON.stringify(containerDocument(made)), containerHeaders(store, made));
}

/** `/dbs/{database}/colls/{id}`: read, replace, delete. */
export async function container({ store }: Service, request: CosmosRequest, found: Container): Promise<CosmosResponse> {
  if (request.method === 'DELETE') {
    await store.change(() => store.deleteContainer(found));
    return answer(204, '');
  }
  if (request.method === 'PUT') {
    const next = await store.change(() => store.replaceContainer(found, bodyObject(request)));
    return answer(200, JSON.stringify(containerDocument(next)), containerHeaders(store, next));
  }
  return answer(200, JSON.stringify(containerDocument(found)), containerHeaders(store, found));
}

/** @throws CosmosError 400. */
function checkedDefinition(definition: JsonObject): JsonObject {
  const { id } = definition;
  if (typeof id !== 'string' || id === '' || /[/\\?#]/.test(id))
    throw badRequest('The container needs an id without / \\ ? #.');
  return definition;
}

function containerDocument(container: Container): JsonObject {
  const rid = databaseRid(container.databaseNumber);
  return {
    indexingPolicy: {
      indexingMode: 'consistent',
      automatic: true,
      includedPaths: [{ path: '/*' }],
      excludedPaths: [{ path: '/"_etag"/?' }],
    },
    conflictResolutionPolicy: {
      mode: 'LastWriterWins',
      conflictResolutionPath: '/_ts',
      conflictResolutionProcedure: '',
    },
    ...container.definition,
    _rid: container.rid,
    _ts: container.ts,
    _self: `dbs/${rid}/colls/${container.rid}/`,
    _etag: `"c${container.n}"`,
    _docs: 'docs/',
    _sprocs: 'sprocs/',
    _triggers: 'triggers/',
    _udfs: 'udfs/',
    _conflicts: 'conflicts/',
  };
}
