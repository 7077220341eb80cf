import type { Container } from '../container.ts';
import { databaseRid, keyRangeRid } from '../resource-id.ts';
import { type CosmosRequest, header } from './request.ts';
import { answer, type CosmosResponse, containerHeaders } from './response.ts';
import type { Service } from './service.ts';

const etag = '"pk1"';

/** `…/pkranges`: one range holds everything. Clients ask again with the etag until they get 304. */
export function keyRanges({ store }: Service, { headers }: CosmosRequest, container: Container): CosmosResponse {
  if (header(headers, 'if-none-match') === etag) return answer(304, '', { etag, 'x-ms-item-count': '0' });
  const rid = keyRangeRid(container.rid);
  const range = {
    _rid: rid,
    id: '0',
    _etag: etag,
    minInclusive: '',
    maxExclusive: 'FF',
    ridPrefix: 0,
    _self: `dbs/${databaseRid(container.databaseNumber)}/colls/${container.rid}/pkranges/${rid}/`,
    throughputFraction: 1,
    status: 'online',
    parents: [],
    _ts: container.ts,
  };
  return answer(200, JSON.stringify({ _rid: container.rid, PartitionKeyRanges: [range], _count: 1 }), {
    ...containerHeaders(store, container),
    'x-ms-item-count': '1',
    etag,
  });
}
