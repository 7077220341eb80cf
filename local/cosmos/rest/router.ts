import { authorize } from '../auth.ts';
import type { Container } from '../container.ts';
import { badRequest, CosmosError } from '../errors.ts';
import { readAccount } from './account.ts';
import { batch } from './batches.ts';
import { changeFeed } from './change-feed.ts';
import { container, containers } from './containers.ts';
import { database, databases } from './databases.ts';
import { changeItem, createItem, readItem } from './items.ts';
import { keyRanges } from './key-ranges.ts';
import { query, queryPlan, readAll } from './queries.ts';
import { type CosmosRequest, header, isOn } from './request.ts';
import { type CosmosResponse, refusal } from './response.ts';
import type { Service } from './service.ts';

type Answer = CosmosResponse | Promise<CosmosResponse>;

/** Answers one request of the Cosmos DB REST API. */
export function createRouter(service: Service): (request: CosmosRequest) => Promise<CosmosResponse> {
  return async (request) => {
    try {
      const segments = request.path
        .split('/')
        .filter((part) => part !== '')
        .map(decodeURIComponent);
      authorize(request.method, segments, request.headers, service.key, service.now());
      return await route(service, request, segments);
    } catch (error) {
      if (error instanceof CosmosError) return refusal(error);
      if (error instanceof SyntaxError || error instanceof URIError)
        return refusal(badRequest('The request is malformed.'));
      throw error;
    }
  };
}

function route(service: Service, request: CosmosRequest, segments: readonly string[]): Answer {
  const [dbs, databaseId, colls, containerId, kind, id, extra] = segments;
  if (dbs === undefined) return readAccount(service.endpoint());
  if (dbs !== 'dbs') throw unsupported(`/${dbs}`);
  if (databaseId === undefined) return databases(service, request);
  if (colls === undefined) return database(service, request, databaseId);
  if (colls !== 'colls') throw unsupported(colls);
  if (containerId === undefined) return containers(service, request, databaseId);
  const found = service.store.catalog.container(databaseId, containerId);
  if (kind === undefined) return container(service, request, found);
  if (kind === 'pkranges') return keyRanges(service, request, found);
  if (kind !== 'docs' || extra !== undefined) throw unsupported(extra ?? kind);
  if (id === undefined) return items(service, request, found);
  return request.method === 'GET' ? readItem(service, request, found, id) : changeItem(service, request, found, id);
}

/** `…/docs`: the headers say which of six things is asked. */
function items(service: Service, request: CosmosRequest, found: Container): Answer {
  const { method, headers } = request;
  if (method === 'GET')
    return headers['a-im'] === undefined ? readAll(service, request, found) : changeFeed(service, request, found);
  if (method !== 'POST') throw new CosmosError(405, `${method} is not allowed here.`);
  if (isOn(headers, 'x-ms-cosmos-is-query-plan-request')) return queryPlan(service, request, found);
  if (isOn(headers, 'x-ms-documentdb-isquery') || header(headers, 'content-type') === 'application/query+json')
    return query(service, request, found);
  if (isOn(headers, 'x-ms-cosmos-is-batch-request')) return batch(service, request, found);
  return createItem(service, request, found);
}

const unsupported = (what: string): CosmosError => new CosmosError(501, `'${what}' is not supported by this server.`);
