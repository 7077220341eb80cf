import {
  type ApiAnswer,
  type ApiRequest,
  isTrue,
  jsonText,
  moment,
  mostOnPage,
  pageSize,
  readToken,
  toToken,
} from './api-request.ts';
import { managementUrls } from './client-input.ts';
import { createInstance } from './create-instance.ts';
import { DurableError } from './durable-error.ts';
import { answerEntities } from './entity-api.ts';
import { instanceStatus } from './instance-status.ts';
import { instanceOf, purge, purgeAll, raiseEvent, restart, resume, suspend, terminate } from './manage-instance.ts';
import { type InstanceFilter, queryInstances } from './query-instances.ts';
import { rewind } from './rewind.ts';
import { isOver } from './store.ts';
import type { TaskHub } from './task-hub.ts';

const notFound: ApiAnswer = { status: 404 };

/**
 * The extension's HTTP API (https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api).
 * @throws DurableError
 */
export async function answerApi(hub: TaskHub, request: ApiRequest): Promise<ApiAnswer> {
  const [kind, first, ...rest] = request.path;
  switch (kind?.toLowerCase()) {
    case 'orchestrators':
      return request.method === 'POST' && first !== undefined ? start(hub, request, first, rest[0]) : notFound;
    case 'entities':
      return first === undefined ? notFound : answerEntities(hub, request, first, rest.join('/'));
    case 'instances':
      if (first === undefined) return several(hub, request);
      return rest.length === 0 ? one(hub, request, first) : operate(hub, request, first, rest);
    default:
      return notFound;
  }
}

async function start(hub: TaskHub, request: ApiRequest, name: string, id: string | undefined): Promise<ApiAnswer> {
  const { query, headers, body } = request;
  const traceparent = headers['traceparent'];
  const created = await hub.commit.run(() =>
    createInstance(hub, {
      name,
      id,
      input: body === '' ? null : jsonText(body),
      version: query.get('version') ?? undefined,
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    }),
  );
  hub.wake();
  return started(hub, request, created);
}

/** 202 with where to ask; with `timeout` and `pollingInterval` (seconds) the result itself when it comes in time. */
async function started(hub: TaskHub, { query, webhook }: ApiRequest, id: string): Promise<ApiAnswer> {
  const timeout = Number(query.get('timeout') ?? Number.NaN) * 1000;
  const interval = Number(query.get('pollingInterval') ?? Number.NaN) * 1000;
  for (const until = Date.now() + timeout; interval > 0 && Date.now() < until; ) {
    const instance = hub.store.instance(id);
    if (instance !== undefined && isOver(instance))
      return instance.status === 'Completed'
        ? { status: 200, body: JSON.parse(instance.output ?? 'null') }
        : { status: instance.status === 'Failed' ? 500 : 200, body: instanceStatus(instance, { showInput: true }) };
    await new Promise((resolve) => setTimeout(resolve, Math.min(interval, Math.max(1, until - Date.now()))));
  }
  const urls = managementUrls(webhook, id);
  return { status: 202, headers: { location: urls['statusQueryGetUri'] ?? '', 'retry-after': '10' }, body: urls };
}

async function one(hub: TaskHub, { method, query, webhook }: ApiRequest, id: string): Promise<ApiAnswer> {
  if (method === 'DELETE') {
    await purge(hub, id);
    return { status: 200, body: { instancesDeleted: 1 } };
  }
  if (method !== 'GET') return notFound;
  const instance = instanceOf(hub, id);
  const showOutput = isTrue(query.get('showHistoryOutput'));
  const history = isTrue(query.get('showHistory')) ? { events: hub.store.history(id), showOutput } : undefined;
  const body = instanceStatus(instance, { showInput: query.get('showInput')?.toLowerCase() !== 'false', history });
  if (!isOver(instance)) {
    const location = managementUrls(webhook, id)['statusQueryGetUri'] ?? '';
    return { status: 202, headers: { location, 'retry-after': '5' }, body };
  }
  const failed = instance.status === 'Failed' && isTrue(query.get('returnInternalServerErrorOnFailure'));
  return { status: failed ? 500 : 200, body };
}

async function several(hub: TaskHub, { method, query, headers }: ApiRequest): Promise<ApiAnswer> {
  const from = moment(query, 'createdTimeFrom');
  const filter: InstanceFilter = {
    from,
    to: moment(query, 'createdTimeTo'),
    statuses: query.getAll('runtimeStatus').flatMap((list) => list.split(',')),
    prefix: query.get('instanceIdPrefix') ?? undefined,
  };
  if (method === 'DELETE') {
    if (from === undefined) throw new DurableError(400, "Please provide value for 'createdTimeFrom' parameter.");
    const deleted = await purgeEach(hub, filter);
    return deleted === 0 ? notFound : { status: 200, body: { instancesDeleted: deleted } };
  }
  if (method !== 'GET') return notFound;
  const token = headers['x-ms-continuation-token'];
  const page = { after: readToken(token), size: pageSize(query) };
  const { instances, more } = queryInstances(hub, filter, page);
  const last = instances.at(-1);
  return {
    status: 200,
    headers: more && last !== undefined ? { 'x-ms-continuation-token': toToken(last) } : {},
    body: instances.map((instance) =>
      instanceStatus(instance, { showInput: isTrue(query.get('showInput') ?? 'true') }),
    ),
  };
}

async function purgeEach(hub: TaskHub, filter: InstanceFilter): Promise<number> {
  let deleted = 0;
  let after = '';
  for (;;) {
    const { instances, more } = queryInstances(hub, filter, { after, size: mostOnPage });
    deleted += await purgeAll(hub, instances);
    after = instances.at(-1)?.id ?? '';
    if (!more) return deleted;
  }
}

async function operate(
  hub: TaskHub,
  request: ApiRequest,
  id: string,
  [operation = '', ...rest]: readonly string[],
): Promise<ApiAnswer> {
  const { method, query, headers, body } = request;
  if (method !== 'POST') return notFound;
  const reason = query.get('reason') ?? '';
  switch (operation.toLowerCase()) {
    case 'terminate':
      await terminate(hub, id, reason);
      break;
    case 'suspend':
      await suspend(hub, id, reason);
      break;
    case 'resume':
      await resume(hub, id, reason);
      break;
    case 'rewind':
      await rewind(hub, id, reason);
      break;
    case 'restart': {
      const restarted = await restart(hub, id, query.get('restartWithNewInstanceId')?.toLowerCase() !== 'false');
      hub.wake();
      return started(hub, request, restarted);
    }
    case 'raiseevent': {
      const name = rest.join('/');
      if (name === '') return notFound;
      instanceOf(hub, id);
      if (!/^application\/json *(;|$)/i.test(String(headers['content-type'] ?? '')))
        throw new DurableError(400, 'Only application/json request content is supported');
      await raiseEvent(hub, id, name, body === '' ? 'null' : jsonText(body));
      break;
    }
    default:
      return notFound;
  }
  hub.wake();
  return { status: 202 };
}
