import type { Container } from '../container.ts';
import { badRequest } from '../errors.ts';
import type { Version } from '../versions.ts';
import { hashRange, inRange } from './hash-range.ts';
import { type CosmosRequest, feedKey, header, pageSize } from './request.ts';
import { answer, type CosmosResponse, charge, containerHeaders } from './response.ts';
import type { Service } from './service.ts';

/**
 * The change feed of all versions and deletes
 * (https://learn.microsoft.com/azure/cosmos-db/nosql/change-feed-modes): from now on or from a continuation, for as long
 * as the container's `changeFeedPolicy` keeps what changed. 304 when nothing did.
 */
export function allVersions({ store }: Service, request: CosmosRequest, container: Container): CosmosResponse {
  const { headers } = request;
  if (container.keepsVersions === undefined)
    throw badRequest(
      'The container keeps no versions: give it a changeFeedPolicy with a retentionDuration in minutes.',
    );
  const range = hashRange(headers);
  const page = store.versions.after(container, startOf({ store }, request, container), pageSize(headers), {
    ...feedKey(request, container),
    accepts: range === undefined ? undefined : inRange(container, range),
  });
  const { versions } = page;
  const common = {
    ...containerHeaders(store, container),
    etag: `"${page.next}"`,
    'x-ms-item-count': String(versions.length),
    ...charge(1 + versions.length),
  };
  if (versions.length === 0) return answer(304, '', common);
  const documents = versions.map((version) => changeOf(container, version));
  return answer(
    200,
    `{"_rid":"${container.rid}","Documents":[${documents.join()}],"_count":${versions.length}}`,
    common,
  );
}

/** After which lsn to begin; the service knows no beginning and no moment here either. */
function startOf({ store }: Pick<Service, 'store'>, { headers }: CosmosRequest, container: Container): number {
  const after = header(headers, 'if-none-match');
  if (after === undefined || header(headers, 'if-modified-since') !== undefined)
    throw badRequest(
      'The feed of all versions and deletes begins now or at a continuation, not at the beginning or a moment.',
    );
  if (after === '*') return store.lsn(container);
  const lsn = Number(/^"?(\d{1,15})"?$/.exec(after)?.[1] ?? Number.NaN);
  if (Number.isNaN(lsn)) throw badRequest('The continuation of the change feed is not one of this server.');
  if (lsn < store.versions.removedUpTo(container))
    throw badRequest('The continuation is older than what the container keeps (changeFeedPolicy.retentionDuration).');
  return lsn;
}

/** `current` stands as it was stored; what was deleted is told by id and partition key. */
function changeOf(
  container: Container,
  { lsn, operation, at, partition, id, body, previous, expired }: Version,
): string {
  const deleted = body === null;
  const values = JSON.parse(partition) as unknown[];
  const metadata = {
    lsn,
    crts: Math.floor(at / 1000),
    operationType: operation,
    ...(previous !== null && { previousImageLSN: previous }),
    ...(deleted && {
      timeToLiveExpired: expired === 1,
      id,
      partitionKey: Object.fromEntries(container.keyPaths.map((path, index) => [path.join('/'), values[index]])),
    }),
  };
  return `{"current":${body},"metadata":${JSON.stringify(metadata)}}`;
}
