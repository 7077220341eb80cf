import type { Container } from '../container.ts';
import { CosmosError } from '../errors.ts';
import { type CosmosRequest, itemKey } from './request.ts';
import { answer, type CosmosResponse, containerHeaders } from './response.ts';
import type { Service } from './service.ts';

/**
 * `POST …/operations/partitionkeydelete`: deletes every item of a partition key. The service does it in the background;
 * here it is done, some items a commit, before the answer.
 */
export async function deletePartition(
  { store }: Service,
  request: CosmosRequest,
  container: Container,
): Promise<CosmosResponse> {
  if (request.method !== 'POST') throw new CosmosError(405, `${request.method} is not allowed here.`);
  const partition = itemKey(request, container);
  while (await store.change(() => store.removeSome(container, partition)));
  return answer(200, '', containerHeaders(store, container));
}
