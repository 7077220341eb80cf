import type { Container } from '../container.ts';
import { CosmosError, notFound } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { offerContent, readOfferContent, type Throughput } from '../offers.ts';
import type { Store } from '../store.ts';
import { feedPage, queryPage } from './feed-page.ts';
import { bodyObject, type CosmosRequest } from './request.ts';
import { answer, type CosmosResponse } from './response.ts';
import type { Service } from './service.ts';

/** `/offers`: list and query; clients look an offer up by the resource it is for. */
export function offers({ store }: Service, request: CosmosRequest): CosmosResponse {
  const all = (): JsonObject[] =>
    resources(store)
      .map((resource) => offerDocument(store, resource))
      .filter((document) => document !== undefined);
  if (request.method === 'GET') return feedPage(request, '', 'Offers', all());
  const found = request.method === 'POST' ? queryPage(request, '', 'Offers', all) : undefined;
  if (found === undefined) throw new CosmosError(405, `${request.method} is not allowed here.`);
  return found;
}

/** `/offers/{id}`: read, replace. */
export async function offer({ store }: Service, request: CosmosRequest, id: string): Promise<CosmosResponse> {
  const resource = resources(store).find(({ rid }) => offerId(rid).toLowerCase() === id.toLowerCase());
  const document = resource === undefined ? undefined : offerDocument(store, resource);
  if (resource === undefined || document === undefined) throw notFound();
  if (request.method === 'GET') return answer(200, JSON.stringify(document));
  if (request.method !== 'PUT') throw new CosmosError(405, `${request.method} is not allowed here.`);
  const throughput: Throughput = readOfferContent(bodyObject(request)['content']);
  await store.change(() => store.offers.set(resource.rid, throughput));
  return answer(200, JSON.stringify(offerDocument(store, resource)));
}

interface Resource {
  readonly rid: string;
  readonly self: string;
}

function resources(store: Store): Resource[] {
  return store.catalog
    .databases()
    .flatMap((database) => [
      { rid: database.rid, self: `dbs/${database.rid}/` },
      ...store.catalog
        .containersOf(database.id)
        .map(({ rid }: Container) => ({ rid, self: `dbs/${database.rid}/colls/${rid}/` })),
    ]);
}

/** Offers have ids of their own; ours say whose they are. */
const offerId = (rid: string): string => `of${Buffer.from(rid).toString('hex')}`;

function offerDocument(store: Store, { rid, self }: Resource): JsonObject | undefined {
  const throughput = store.offers.get(rid);
  if (throughput === undefined) return undefined;
  const id = offerId(rid);
  return {
    resource: self,
    offerType: 'Invalid',
    offerResourceId: rid,
    offerVersion: 'V2',
    content: offerContent(throughput),
    id,
    _rid: id,
    _self: `offers/${id}/`,
    _etag: `"${JSON.stringify(throughput).length}-${id}"`,
    _ts: 0,
  };
}
