import type { Container } from '../container.ts';
import { badRequest, unsupported } from '../errors.ts';
import { changesAfter, lsnAt } from '../feed.ts';
import { readCharge } from '../operations.ts';
import { allVersions } from './all-versions-feed.ts';
import { hashRange, inRange } from './hash-range.ts';
import { type CosmosRequest, feedKey, header, pageSize } from './request.ts';
import { answer, type CosmosResponse, charge, containerHeaders } from './response.ts';
import type { Service } from './service.ts';

/** `GET …/docs` with `A-IM`: what changed after a place; 304 when nothing did. */
export function changeFeed(service: Service, request: CosmosRequest, container: Container): CosmosResponse {
  const mode = header(request.headers, 'a-im')?.toLowerCase();
  if (mode === 'full-fidelity feed') return allVersions(service, request, container);
  if (mode !== 'incremental feed')
    throw unsupported('A change feed but of latest versions, or of all versions and deletes');
  return latestVersions(service, request, container);
}

function latestVersions({ store }: Service, request: CosmosRequest, container: Container): CosmosResponse {
  const { headers } = request;
  const range = hashRange(headers);
  const key = feedKey(request, container);
  const page = changesAfter(store, container, startOf({ store }, request, container), pageSize(headers), {
    ...key,
    accepts: range === undefined ? undefined : inRange(container, range),
  });
  const { items } = page;
  const common = {
    ...containerHeaders(store, container),
    etag: `"${page.next}"`,
    'x-ms-item-count': String(items.length),
    ...charge(items.reduce((sum, item) => sum + readCharge(item), 1)),
  };
  if (items.length === 0) return answer(304, '', common);
  const documents = items.map(({ body, lsn }) => `${body.slice(0, -1)},"_lsn":${lsn}}`);
  return answer(200, `{"_rid":"${container.rid}","Documents":[${documents.join()}],"_count":${items.length}}`, common);
}

/** After which lsn to begin: a continuation, now (`*`), a moment, or the beginning. */
function startOf({ store }: Pick<Service, 'store'>, { headers }: CosmosRequest, container: Container): number {
  const after = header(headers, 'if-none-match');
  const since = header(headers, 'if-modified-since');
  if (after === '*') return store.lsn(container);
  if (after !== undefined) {
    const lsn = /^"?(\d+)"?$/.exec(after)?.[1];
    if (lsn === undefined) throw badRequest('The continuation of the change feed is not one of this server.');
    return Number(lsn);
  }
  if (since === undefined) return 0;
  const moment = Date.parse(since);
  if (Number.isNaN(moment)) throw badRequest('If-Modified-Since must be a date of RFC 1123.');
  return lsnAt(store, container, Math.floor(moment / 1000));
}
