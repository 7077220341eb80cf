import { createHash } from 'node:crypto';
import type { Container } from '../container.ts';
import { checkedDefinition, unchangedKeys } from '../container-definition.ts';
import { CosmosError, notFound } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { defaultThroughput } from '../offers.ts';
import { databaseRid } from '../resource-id.ts';
import { feedPage, queryPage } from './feed-page.ts';
import { offerOfRequest } from './offer-headers.ts';
import { bodyObject, type CosmosRequest, header, isOn } from './request.ts';
import { answer, type CosmosResponse, containerHeaders } from './response.ts';
import type { Service } from './service.ts';

/** `/dbs/{database}/colls`: list, query, create. */
export async function containers(
  { store }: Service,
  request: CosmosRequest,
  databaseId: string,
): Promise<CosmosResponse> {
  const database = store.catalog.database(databaseId);
  const all = (): JsonObject[] => store.catalog.containersOf(database.id).map(containerDocument);
  if (request.method === 'GET') return feedPage(request, database.rid, 'DocumentCollections', all());
  if (request.method !== 'POST') throw new CosmosError(405, `${request.method} is not allowed here.`);
  const found = queryPage(request, database.rid, 'DocumentCollections', all);
  if (found !== undefined) return found;
  const definition = checkedDefinition(bodyObject(request));
  const asked = offerOfRequest(request.headers);
  const made = await store.change(() => {
    const owner = store.catalog.database(databaseId);
    const container = store.catalog.createContainer(owner, definition, store.seconds());
    const offer = asked ?? (store.offers.get(owner.rid) === undefined ? defaultThroughput : undefined);
    if (offer !== undefined) store.offers.set(container.rid, offer);
    return container;
  });
  return answer(201, JSON.stringify(containerDocument(made)), containerHeaders(store, made));
}

/** `/dbs/{database}/colls/{id}`: read, replace, delete. */
export async function container({ store }: Service, request: CosmosRequest, found: Container): Promise<CosmosResponse> {
  const { method, headers } = request;
  if (method === 'GET') {
    const usage = isOn(headers, 'x-ms-documentdb-populatequotainfo') ? usageHeaders(store.usage(found)) : {};
    return answer(200, JSON.stringify(containerDocument(found)), { ...containerHeaders(store, found), ...usage });
  }
  const present = (): Container => {
    const now = store.catalog.findContainer(found.database, found.id);
    if (now === undefined) throw notFound();
    const wanted = header(headers, 'if-match');
    if (wanted !== undefined && wanted !== '*' && wanted !== etagOf(now))
      throw new CosmosError(412, 'Operation cannot be performed because one of the specified precondition is not met.');
    return now;
  };
  if (method === 'DELETE') {
    await store.change(() => store.deleteContainer(present()));
    return answer(204, '');
  }
  if (method !== 'PUT') throw new CosmosError(405, `${method} is not allowed here.`);
  const definition = checkedDefinition(bodyObject(request));
  const next = await store.change(() => {
    const before = present();
    return store.replaceContainer(before, unchangedKeys(before.definition, definition));
  });
  return answer(200, JSON.stringify(containerDocument(next)), containerHeaders(store, next));
}

/** A hash, so that every change of the definition changes it. */
const etagOf = ({ n, ts, definition }: Container): string =>
  `"${createHash('sha1')
    .update(`${n} ${ts} ${JSON.stringify(definition)}`)
    .digest('hex')
    .slice(0, 32)}"`;

/** In the form of the service: `documentsCount=…;collectionSize=…`, sizes in kB. */
function usageHeaders({ items, bytes }: { items: number; bytes: number }): Record<string, string> {
  const kilobytes = Math.ceil(bytes / 1024);
  return {
    'x-ms-resource-quota': 'documentSize=20971520;documentsSize=20971520;documentsCount=-1;collectionSize=20971520;',
    'x-ms-resource-usage': `documentSize=0;documentsSize=${kilobytes};documentsCount=${items};collectionSize=${kilobytes};`,
  };
}

function containerDocument(container: Container): JsonObject {
  return {
    ...container.definition,
    _rid: container.rid,
    _ts: container.ts,
    _self: `dbs/${databaseRid(container.databaseNumber)}/colls/${container.rid}/`,
    _etag: etagOf(container),
    _docs: 'docs/',
    _sprocs: 'sprocs/',
    _triggers: 'triggers/',
    _udfs: 'udfs/',
    _conflicts: 'conflicts/',
  };
}
