import { executeBatch, readBatch } from '../batch.ts';
import type { Container } from '../container.ts';
import { CosmosError } from '../errors.ts';
import type { OperationResult } from '../operations.ts';
import { type CosmosRequest, isOn, partitionKey } from './request.ts';
import { answer, type CosmosResponse, charge, containerHeaders } from './response.ts';
import type { Service } from './service.ts';

const maximumBody = 2.2 * 1024 * 1024;

/** `POST …/docs` with several operations: a transactional batch, or a bulk request. */
export async function batch(
  { store }: Service,
  { headers, body }: CosmosRequest,
  container: Container,
): Promise<CosmosResponse> {
  if (body.length > maximumBody) throw new CosmosError(413, 'Request size is too large');
  const operations = readBatch(JSON.parse(body), partitionKey(headers));
  const atomic = isOn(headers, 'x-ms-cosmos-batch-atomic');
  const { status, results } = await executeBatch(store, container, operations, atomic);
  return answer(status, `[${results.map(resultText).join()}]`, {
    ...containerHeaders(store, container),
    ...charge(results.reduce((sum, one) => sum + one.charge, 0)),
  });
}

function resultText({ status, item, charge: units }: OperationResult): string {
  const etag = item === undefined ? '' : `,"eTag":${JSON.stringify(item.etag)}`;
  const body = item === undefined ? '' : `,"resourceBody":${item.body}`;
  return `{"statusCode":${status},"requestCharge":${units.toFixed(2)}${etag}${body}}`;
}
