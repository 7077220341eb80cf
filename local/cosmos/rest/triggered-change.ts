import type { Container } from '../container.ts';
import { badRequest } from '../errors.ts';
import type { Json } from '../json.ts';
import { execute, type Operation, type OperationResult } from '../operations.ts';
import { openSandbox } from '../scripts/sandbox.ts';
import { containerLinks, scriptHost } from '../scripts/script-host.ts';
import type { Script, Trigger } from '../scripts/scripts.ts';
import { type CosmosRequest, header } from './request.ts';
import type { Service } from './service.ts';

/** What a request asks to run before and after its change. */
interface Wanted {
  readonly pre: string | undefined;
  readonly post: string | undefined;
}

/** The triggers that a request names; undefined: none, which is the rule. @throws CosmosError 400 for more than one. */
export function wantedTriggers({ headers }: CosmosRequest): Wanted | undefined {
  const named = (when: 'pre' | 'post'): string | undefined => {
    const names = header(headers, `x-ms-documentdb-${when}-trigger-include`)?.split(',').filter(Boolean) ?? [];
    if (names.length > 1) throw badRequest(`At most one ${when}-trigger can run with an operation.`);
    return names[0]?.trim();
  };
  const wanted = { pre: named('pre'), post: named('post') };
  return wanted.pre === undefined && wanted.post === undefined ? undefined : wanted;
}

/**
 * A change with what runs before it and after it, in one transaction: what any of the three throws undoes all of it
 * (https://learn.microsoft.com/azure/cosmos-db/nosql/how-to-write-stored-procedures-triggers-udfs#triggers).
 */
export async function changeWithTriggers(
  service: Service,
  container: Container,
  operation: Operation,
  wanted: Wanted,
): Promise<OperationResult> {
  const { store } = service;
  const sandbox = await openSandbox(service.longestScript);
  const links = containerLinks(container);
  const { host, charge } = scriptHost(service, container, operation.partition, links);
  const run = (script: Script, world: { readonly request?: string | undefined; readonly response?: string }) =>
    sandbox({ script: script.body, parameters: '[]', host, links, world: { ...world, operation: operation.type } });
  return store.change(() => {
    const find = (type: Trigger['triggerType'], id: string | undefined): Script | undefined =>
      id === undefined ? undefined : suited(store.scripts.find(container, 'triggers', id), type, id, operation.type);
    const [before, after] = [find('pre', wanted.pre), find('post', wanted.post)];
    const given = JSON.stringify(operation.body);
    const request = before === undefined ? given : run(before, { request: given }).request;
    const body: Json | undefined = request === undefined ? undefined : JSON.parse(request);
    const result = execute(store, container, { ...operation, body });
    if (after === undefined) return { ...result, charge: result.charge + charge() };
    const { item } = result;
    const answered = run(after, { request, ...(item && { response: item.body }) }).body;
    return { ...result, item: item && { ...item, body: answered ?? '' }, charge: result.charge + charge() };
  });
}

/** @throws CosmosError 400 when there is no such trigger, or when it is for something else. */
function suited(
  script: Script | undefined,
  type: Trigger['triggerType'],
  id: string,
  operation: Operation['type'],
): Script {
  const { trigger } = script ?? {};
  if (script === undefined || trigger === undefined) throw badRequest(`There is no trigger '${id}'.`);
  if (trigger.triggerType !== type) throw badRequest(`The trigger '${id}' is a ${trigger.triggerType}-trigger.`);
  const names = {
    Create: 'create',
    Replace: 'replace',
    Patch: 'replace',
    Delete: 'delete',
    Upsert: 'all',
    Read: 'all',
  };
  const wanted = trigger.triggerOperation === 'update' ? 'replace' : trigger.triggerOperation;
  if (wanted !== 'all' && wanted !== names[operation])
    throw badRequest(`The trigger '${id}' is for ${trigger.triggerOperation}, not for ${operation.toLowerCase()}.`);
  return script;
}
