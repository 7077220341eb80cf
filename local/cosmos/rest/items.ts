import type { Container } from '../container.ts';
import { CosmosError, notFound } from '../errors.ts';
import type { Json } from '../json.ts';
import { execute, type Operation, readCharge } from '../operations.ts';
import { rowOfRid } from '../resource-id.ts';
import { readView } from './read-view.ts';
import { bodyJson, type CosmosRequest, header, isOn, itemKey } from './request.ts';
import { checkRequestSize } from './request-size.ts';
import { answer, type CosmosResponse, charge, containerHeaders } from './response.ts';
import type { Service } from './service.ts';
import { sessionToken } from './session-token.ts';
import { changeWithTriggers, wantedTriggers } from './triggered-change.ts';

/** `GET …/docs/{id}`: a point read; 304 when the client's etag is the present one. */
export function readItem(service: Service, request: CosmosRequest, container: Container, id: string): CosmosResponse {
  const view = readView(service, request, container);
  const item = view.read(itemKey(request, container), nameOf(service, container, id));
  if (item === undefined) throw notFound();
  const unchanged = header(request.headers, 'if-none-match') === item.etag;
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
  const type = changes[request.method];
  if (type === undefined) throw new CosmosError(405, `${request.method} is not allowed here.`);
  const body = type === 'Delete' ? undefined : itemBody(request);
  return change(service, request, container, { type, body, id: nameOf(service, container, id) });
}

/** `POST …/docs`: create, or upsert when the header says so. */
export async function createItem(
  service: Service,
  request: CosmosRequest,
  container: Container,
): Promise<CosmosResponse> {
  const type = isOn(request.headers, 'x-ms-documentdb-is-upsert') ? 'Upsert' : 'Create';
  return change(service, request, container, { type, body: itemBody(request) });
}

async function change(
  service: Service,
  request: CosmosRequest,
  container: Container,
  { type, id, body }: { type: Operation['type']; id?: string; body: Json | undefined },
): Promise<CosmosResponse> {
  const { store } = service;
  const operation: Operation = {
    type,
    id,
    body,
    partition: itemKey(request, container),
    ifMatch: header(request.headers, 'if-match'),
  };
  const triggers = wantedTriggers(request);
  const result =
    triggers === undefined
      ? await store.change(() => execute(store, container, operation))
      : await changeWithTriggers(service, container, operation, triggers);
  const minimal = /return=minimal/i.test(header(request.headers, 'prefer') ?? '');
  const etag: Record<string, string> = result.item === undefined ? {} : { etag: result.item.etag };
  return answer(result.status, minimal ? '' : (result.item?.body ?? ''), {
    ...containerHeaders(store, container),
    ...etag,
    ...charge(result.charge),
  });
}

function itemBody(request: CosmosRequest): Json {
  checkRequestSize(request);
  return bodyJson(request);
}

/** An item may be addressed by its resource id too, as its `_self` does. */
function nameOf({ store }: Service, container: Container, idOrRid: string): string {
  const row = rowOfRid(container.rid, idOrRid);
  return (row === undefined ? undefined : store.readRow(container, row)?.id) ?? idOrRid;
}
