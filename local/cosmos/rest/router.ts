import { authorize } from '../auth/authorize.ts';
import type { Container } from '../container.ts';
import { CosmosError, notFound, unsupported } from '../errors.ts';
import type { ThroughputLimit } from '../throughput-limit.ts';
import { readAccount } from './account.ts';
import { batch } from './batches.ts';
import { changeFeed } from './change-feed.ts';
import { container, containers } from './containers.ts';
import { database, databases } from './databases.ts';
import { changeItem, createItem, readItem } from './items.ts';
import { keyRanges } from './key-ranges.ts';
import { offer, offers } from './offers.ts';
import { deletePartition } from './partition-delete.ts';
import { query, queryPlan, readAll } from './queries.ts';
import { type CosmosRequest, header, isOn } from './request.ts';
import { type CosmosResponse, refusal } from './response.ts';
import { isScriptKind, script, scripts } from './scripts.ts';
import type { Service } from './service.ts';

type Answer = CosmosResponse | Promise<CosmosResponse>;

/** Answers one request of the Cosmos DB REST API; what is wrong with the request becomes the service's refusal. */
export async function answerRequest(service: Service, request: CosmosRequest): Promise<CosmosResponse> {
  try {
    await authorize(request, service.authority);
    return await route(service, request);
  } catch (error) {
    if (error instanceof CosmosError) return refusal(error);
    throw error;
  }
}

function route(service: Service, request: CosmosRequest): Answer {
  const [root, first, second, ...rest] = request.segments;
  if (root === undefined) return readAccount(request.endpoint);
  if (root === 'offers' && second === undefined)
    return first === undefined ? offers(service, request) : offer(service, request, first);
  if (root === 'addresses') throw unsupported("Direct mode: use gateway mode (ConnectionMode.Gateway); '/addresses'");
  if (root !== 'dbs') throw unsupported(`'/${root}'`);
  if (first === undefined) return databases(service, request);
  if (second === undefined) return database(service, request, first);
  if (second !== 'colls') throw unsupported(`'${second}'`);
  const [containerId, ...inside] = rest;
  if (containerId === undefined) return containers(service, request, first);
  const found = service.store.catalog.findContainer(first, containerId);
  // Sub-status 1003: what is missing is the owner of what was asked for.
  if (found === undefined)
    throw inside.length === 0 ? notFound() : new CosmosError(404, 'Owner resource does not exist', 1003);
  return inContainer(service, request, found, inside);
}

function inContainer(
  service: Service,
  request: CosmosRequest,
  found: Container,
  [kind, id, ...more]: readonly string[],
): Answer {
  if (kind === undefined) return container(service, request, found);
  if (more.length > 0) throw unsupported(`'${more.join('/')}'`);
  if (kind === 'pkranges' && id === undefined) return keyRanges(service, request, found);
  if (isScriptKind(kind))
    return id === undefined ? scripts(service, request, found, kind) : script(service, request, found, kind, id);
  if (kind === 'operations' && id === 'partitionkeydelete') return deletePartition(service, request, found);
  if (kind !== 'docs') throw unsupported(`'${kind}'`);
  return withinThroughput(service.limit, found, () => {
    if (id === undefined) return items(service, request, found);
    return request.method === 'GET' ? readItem(service, request, found, id) : changeItem(service, request, found, id);
  });
}

/** The units that an answer charges are taken from the container's throughput; with none left the answer is 429. */
function withinThroughput(limit: ThroughputLimit | undefined, found: Container, work: () => Answer): Answer {
  if (limit === undefined) return work();
  limit.admit(found);
  return Promise.resolve(work()).then((answered) => {
    limit.spend(found, Number(answered.headers['x-ms-request-charge']));
    return answered;
  });
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
