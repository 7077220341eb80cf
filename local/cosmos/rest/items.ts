import type { IncomingHttpHeaders } from 'node:http';
import type { Container } from '../container.ts';
import { badRequest, CosmosError, notFound } from '../errors.ts';
import { execute, type Operation, type OperationResult, readCharge } from '../operations.ts';
import { type CosmosRequest, header, isOn, partitionKey } from './request.ts';
import { answer, type CosmosResponse, charge, containerHeaders } from './response.ts';
import type { Service } from './service.ts';
import { sessionToken, viewOf } from './session.ts';

/** `GET …/docs/{id}`: a point read; 304 when the client's etag is the present one. */
export function readItem(
  service: Service,
  { headers }: CosmosRequest,
  container: Container,
  id: string,
): CosmosResponse {
  const view = viewOf(service, container, headers);
  const item = view.read(requiredKey(headers), id);
  if (item === undefined) throw notFound();
  const unchanged = header(headers, 'if-none-match') === item.etag;
  return answer(unchanged ? 304 : 200, unchanged ? '' : item.body, {
    ...containerHeaders(service.store, container),
    etag: item.etag,
    'x-ms-session-token': sessionToken(view.lsn),
    ...charge(unchanged ? 1 : readCharge(item)),
  });
}

const changes: Readonly<Record<string, Operation['type']>> = { PUT: 'Replace', DELETE: 'Delete', PATCH: 'Patch' };

/** `PUT`, `PATCH` and `DELETE …/docs/{id}`. */
export async function changeItem(
  service: Service,
  request: CosmosRequest,
  container: Container,
  id: string,
): Promise<CosmosResponse> {
  const { method, headers } = request;
  const type = changes[method];
  if (type === undefined) throw new CosmosError(405, `${method} is not allowed here.`);
  return change(service, container, headers, {
    type,
    partition: requiredKey(headers),
    id,
    body: type === 'Delete' ? undefined : JSON.parse(request.body),
    ifMatch: header(headers, 'if-match'),
  });
}

/** `POST …/docs`: create, or upsert when the header says so. */
export async function createItem(
  service: Service,
  { headers, body }: CosmosRequest,
  container: Container,
): Promise<CosmosResponse> {
  return change(service, container, headers, {
    type: isOn(headers, 'x-ms-documentdb-is-upsert') ? 'Upsert' : 'Create',
    partition: requiredKey(headers),
    body: JSON.parse(body),
    ifMatch: header(headers, 'if-match'),
  });
}

async function change(
  { store }: Service,
  container: Container,
  headers: IncomingHttpHeaders,
  operation: Operation,
): Promise<CosmosResponse> {
  const result: OperationResult = await store.change(() => execute(store, container, operation));
  const minimal = /return=minimal/i.test(header(headers, 'prefer') ?? '');
  const etag: Record<string, string> = result.item === undefined ? {} : { etag: result.item.etag };
  return answer(result.status, minimal ? '' : (result.item?.body ?? ''), {
    ...containerHeaders(store, container),
    ...etag,
    ...charge(result.charge),
  });
}

function requiredKey(headers: IncomingHttpHeaders): string {
  const partition = partitionKey(headers);
  if (partition === undefined) throw badRequest('The request needs a partition key.');
  return partition;
}
