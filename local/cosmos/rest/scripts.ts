import type { Container } from '../container.ts';
import { CosmosError } from '../errors.ts';
import { type Script, type ScriptKind, scriptDocument } from '../scripts/scripts.ts';
import { feedPage, queryPage } from './feed-page.ts';
import { bodyObject, type CosmosRequest } from './request.ts';
import { answer, type CosmosResponse, containerHeaders } from './response.ts';
import { runStoredProcedure } from './run-stored-procedure.ts';
import type { Service } from './service.ts';

/** How lists name what they hold. */
const feeds: Readonly<Record<ScriptKind, string>> = {
  sprocs: 'StoredProcedures',
  triggers: 'Triggers',
  udfs: 'UserDefinedFunctions',
};

export const isScriptKind = (segment: string): segment is ScriptKind => Object.hasOwn(feeds, segment);

/** `…/sprocs`, `…/triggers`, `…/udfs`: list, query, create. */
export async function scripts(
  service: Service,
  request: CosmosRequest,
  container: Container,
  kind: ScriptKind,
): Promise<CosmosResponse> {
  const { store } = service;
  const all = () => store.scripts.all(container, kind).map((one) => scriptDocument(container, one));
  if (request.method === 'GET') return feedPage(request, container.rid, feeds[kind], all());
  if (request.method !== 'POST') throw new CosmosError(405, `${request.method} is not allowed here.`);
  const found = queryPage(request, container.rid, feeds[kind], all);
  if (found !== undefined) return found;
  const given = bodyObject(request);
  const made = await store.change(() => store.scripts.create(container, kind, given, store.seconds()));
  return shown(service, container, 201, made);
}

/** One of them: read, replace, delete; POST runs a stored procedure. */
export async function script(
  service: Service,
  request: CosmosRequest,
  container: Container,
  kind: ScriptKind,
  id: string,
): Promise<CosmosResponse> {
  const { store } = service;
  switch (request.method) {
    case 'GET':
      return shown(service, container, 200, store.scripts.get(container, kind, id));
    case 'PUT': {
      const given = bodyObject(request);
      const next = await store.change(() => store.scripts.replace(container, kind, id, given, store.seconds()));
      return shown(service, container, 200, next);
    }
    case 'DELETE':
      await store.change(() => store.scripts.remove(container, kind, id));
      return answer(204, '');
    case 'POST':
      if (kind === 'sprocs')
        return runStoredProcedure(service, request, container, store.scripts.get(container, kind, id));
  }
  throw new CosmosError(405, `${request.method} is not allowed here.`);
}

const shown = ({ store }: Service, container: Container, status: number, one: Script): CosmosResponse =>
  answer(status, JSON.stringify(scriptDocument(container, one)), containerHeaders(store, container));
