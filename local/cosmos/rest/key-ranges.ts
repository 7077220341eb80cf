import type { Container } from '../container.ts';
import type { CosmosRequest } from './request.ts';
import { answer, type CosmosResponse, containerHeaders } from './response.ts';
import type { Service } from './service.ts';

const etag = '"pk1"';

/** `…/pkranges`: one range holds everything. Clients ask again with the etag until they get 304. */
export function keyRanges({ store }: Service, { headers }: CosmosRequest, container: Container): CosmosResponse {
  if (headers['if-none-match'] !== undefined) return answer(304, '', { etag });
  const range = {
    _rid: container.rid,
    id: '0',
    _etag: etag,
    minInclusive: '',
    maxExclusive: 'FF',
    ridPrefix: 0,
    _self: '',
    throughputFraction: 1,
    status: 'online',
    parents: [],
    _ts: 1,
  };
  return answer(200, JSON.stringify({ _rid: container.rid, PartitionKeyRanges: [range], _count: 1 }), {
    ...containerHeaders(store, container),
    etag,
  });
}
