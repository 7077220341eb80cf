import {
  type ApiAnswer,
  type ApiRequest,
  isTrue,
  jsonText,
  moment,
  pageSize,
  readToken,
  toToken,
} from './api-request.ts';
import { DurableError } from './durable-error.ts';
import type { EntityRequest } from './run-entity.ts';
import type { Entity } from './store.ts';
import type { TaskHub } from './task-hub.ts';

/**
 * The entities' part of the management API: state of one, list of those with a name, signals.
 * @throws DurableError
 */
export async function answerEntities(hub: TaskHub, request: ApiRequest, name: string, key: string): Promise<ApiAnswer> {
  const { method } = request;
  if (method === 'GET') return key === '' ? list(hub, request, name) : read(hub, `@${name.toLowerCase()}@${key}`);
  if (method !== 'POST' && method !== 'DELETE') return { status: 404 };
  if (key === '') throw new DurableError(400, 'A signal goes to one entity: entities/NAME/KEY?op=OPERATION.');
  await signal(hub, request, name, key);
  return { status: 202 };
}

function read({ store }: TaskHub, id: string): ApiAnswer {
  const entity = store.get<Entity>('SELECT * FROM entities WHERE id = ?', id);
  return entity?.present === 1 ? { status: 200, body: JSON.parse(entity.state ?? 'null') } : { status: 404 };
}

function list({ store }: TaskHub, { query, headers }: ApiRequest, name: string): ApiAnswer {
  const prefix = `@${name.toLowerCase()}@`;
  const size = pageSize(query);
  const found = store.all<Entity>(
    `SELECT * FROM entities WHERE present = 1 AND substr(id, 1, length(?1)) = ?1 AND id > ?2 AND updated >= ?3 AND updated <= ?4
     ORDER BY id LIMIT ?5`,
    prefix,
    readToken(headers['x-ms-continuation-token']),
    moment(query, 'lastOperationTimeFrom') ?? 0,
    moment(query, 'lastOperationTimeTo') ?? Number.MAX_SAFE_INTEGER,
    size + 1,
  );
  const page = found.slice(0, size);
  const last = page.at(-1);
  return {
    status: 200,
    headers: found.length > size && last !== undefined ? { 'x-ms-continuation-token': toToken(last) } : {},
    body: page.map(({ id, updated, state }) => ({
      entityId: { name: name.toLowerCase(), key: id.slice(prefix.length) },
      lastOperationTime: new Date(updated).toISOString(),
      ...(isTrue(query.get('fetchState')) ? { state: JSON.parse(state ?? 'null') } : {}),
    })),
  };
}

async function signal(hub: TaskHub, request: ApiRequest, name: string, key: string): Promise<void> {
  const { method, query, headers, body } = request;
  try {
    hub.find('entityTrigger', name);
  } catch (cause) {
    throw new DurableError(400, cause instanceof Error ? cause.message : String(cause));
  }
  const isJson = /^application\/json *(;|$)/i.test(String(headers['content-type'] ?? ''));
  const input = body === '' ? null : isJson ? jsonText(body) : JSON.stringify(body);
  const operation = method === 'DELETE' ? 'delete' : (query.get('op') ?? '');
  await hub.commit.run(() =>
    hub.store.send(`@${name.toLowerCase()}@${key}`, null, {
      kind: 'operation',
      id: hub.newId(),
      operation,
      input,
      answerTo: null,
    } satisfies EntityRequest),
  );
  hub.wake();
}
