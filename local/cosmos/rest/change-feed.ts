import type { IncomingHttpHeaders } from 'node:http';
import type { Container } from '../container.ts';
import { badRequest } from '../errors.ts';
import { changesAfter, lsnAt } from '../feed.ts';
import { type CosmosRequest, header, pageSize, partitionKey } from './request.ts';
import { answer, type CosmosResponse, charge, containerHeaders } from './response.ts';
import type { Service } from './service.ts';

/** `GET …/docs` with `A-IM`: what changed after a place, latest versions only; 304 when nothing did. */
export function changeFeed({ store }: Service, { headers }: CosmosRequest, container: Container): CosmosResponse {
  if (!/^incremental feed$/i.test(header(headers, 'a-im') ?? ''))
    throw badRequest('Only the incremental change feed (latest version) is supported by this server.');
  const from = startOf({ store }, container, headers);
  const { items, next } = changesAfter(store, container, from, pageSize(headers), { partition: partitionKey(headers) });
  const etag = `"${next}"`;
  const common = { ...containerHeaders(store, container), etag, 'x-ms-item-count': String(items.length) };
  if (items.length === 0) return answer(304, '', common);
  const text = `{"_rid":"${container.rid}","Documents":[${items.map(({ body }) => body).join()}],"_count":${items.length}}`;
  return answer(200, text, { ...common, ...charge(1 + items.length * 0.5) });
}

/** After which lsn to begin: a continuation, now (`*`), a moment, or the beginning. */
function startOf({ store }: Pick<Service, 'store'>, container: Container, headers: IncomingHttpHeaders): number {
  const after = header(headers, 'if-none-match');
  const since = header(headers, 'if-modified-since');
  if (after === '*') return store.lsn(container);
  if (after !== undefined) {
    const lsn = Number(after.replaceAll('"', ''));
    if (!Number.isInteger(lsn)) throw badRequest('The continuation of the change feed is not one of this server.');
    return lsn;
  }
  return since === undefined ? 0 : lsnAt(store, container, Math.floor(Date.parse(since) / 1000));
}
