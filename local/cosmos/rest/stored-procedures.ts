import type { Container } from '../container.ts';
import { badRequest, CosmosError } from '../errors.ts';
import { databaseRid } from '../resource-id.ts';
import { openSandbox } from '../scripts/sandbox.ts';
import { scriptHost } from '../scripts/script-host.ts';
import { type StoredProcedure, storedProcedureDocument } from '../scripts/stored-procedures.ts';
import { feedPage, queryPage } from './feed-page.ts';
import { bodyJson, bodyObject, type CosmosRequest, isOn, itemKey } from './request.ts';
import { answer, type CosmosResponse, charge, containerHeaders } from './response.ts';
import type { Service } from './service.ts';

/** `…/sprocs`: list, query, create. */
export async function storedProcedures(
  service: Service,
  request: CosmosRequest,
  container: Container,
): Promise<CosmosResponse> {
  const { store } = service;
  const all = () => store.scripts.all(container).map((one) => storedProcedureDocument(container, one));
  if (request.method === 'GET') return feedPage(request, container.rid, 'StoredProcedures', all());
  if (request.method !== 'POST') throw new CosmosError(405, `${request.method} is not allowed here.`);
  const found = queryPage(request, container.rid, 'StoredProcedures', all);
  if (found !== undefined) return found;
  const given = bodyObject(request);
  return shown(
    service,
    container,
    201,
    await store.change(() => store.scripts.create(container, given, store.seconds())),
  );
}

/** `…/sprocs/{id}`: read, replace, delete; POST runs it. */
export async function storedProcedure(
  service: Service,
  request: CosmosRequest,
  container: Container,
  id: string,
): Promise<CosmosResponse> {
  const { store } = service;
  switch (request.method) {
    case 'GET':
      return shown(service, container, 200, store.scripts.get(container, id));
    case 'PUT': {
      const given = bodyObject(request);
      const next = await store.change(() => store.scripts.replace(container, id, given, store.seconds()));
      return shown(service, container, 200, next);
    }
    case 'DELETE':
      await store.change(() => store.scripts.remove(container, id));
      return answer(204, '');
    case 'POST':
      return run(service, request, container, store.scripts.get(container, id));
    default:
      throw new CosmosError(405, `${request.method} is not allowed here.`);
  }
}

const shown = ({ store }: Service, container: Container, status: number, script: StoredProcedure): CosmosResponse =>
  answer(status, JSON.stringify(storedProcedureDocument(container, script)), containerHeaders(store, container));

/** Runs a script in one partition, wholly or not at all: what it throws undoes what it did. */
async function run(
  service: Service,
  request: CosmosRequest,
  container: Container,
  script: StoredProcedure,
): Promise<CosmosResponse> {
  const { store } = service;
  const partition = itemKey(request, container);
  const parameters = request.body.length === 0 ? [] : bodyJson(request);
  if (!Array.isArray(parameters)) throw badRequest('The parameters of a stored procedure are a list.');
  const sandbox = await openSandbox(service.longestScript);
  const links = {
    self: `dbs/${databaseRid(container.databaseNumber)}/colls/${container.rid}/`,
    alt: `dbs/${container.database}/colls/${container.id}`,
  };
  const { host, charge: units } = scriptHost(service, container, partition, links);
  const result = await store.change(() => sandbox(script.body, JSON.stringify(parameters), host, links));
  const logged = isOn(request.headers, 'x-ms-documentdb-script-enable-logging');
  return answer(200, result.body ?? '', {
    ...containerHeaders(store, container),
    ...(logged ? { 'x-ms-documentdb-script-log-results': encodeURIComponent(result.log.slice(0, 4096)) } : {}),
    ...charge(1 + units()),
  });
}
