import type { Container } from '../container.ts';
import { badRequest } from '../errors.ts';
import { openSandbox } from '../scripts/sandbox.ts';
import { containerLinks, scriptHost } from '../scripts/script-host.ts';
import type { Script } from '../scripts/scripts.ts';
import { bodyJson, type CosmosRequest, isOn, itemKey } from './request.ts';
import { answer, type CosmosResponse, charge, containerHeaders } from './response.ts';
import type { Service } from './service.ts';

/** Runs a stored procedure in one partition, wholly or not at all: what it throws undoes what it did. */
export async function runStoredProcedure(
  service: Service,
  request: CosmosRequest,
  container: Container,
  { body }: Script,
): Promise<CosmosResponse> {
  const { store } = service;
  const partition = itemKey(request, container);
  const parameters = request.body.length === 0 ? [] : bodyJson(request);
  if (!Array.isArray(parameters)) throw badRequest('The parameters of a stored procedure are a list.');
  const sandbox = await openSandbox(service.longestScript);
  const links = containerLinks(container);
  const { host, charge: units } = scriptHost(service, container, partition, links);
  const result = await store.change(() =>
    sandbox({ script: body, parameters: JSON.stringify(parameters), host, links }),
  );
  const logged = isOn(request.headers, 'x-ms-documentdb-script-enable-logging');
  return answer(200, result.body ?? '', {
    ...containerHeaders(store, container),
    ...(logged ? { 'x-ms-documentdb-script-log-results': encodeURIComponent(result.log.slice(0, 4096)) } : {}),
    ...charge(1 + units()),
  });
}
