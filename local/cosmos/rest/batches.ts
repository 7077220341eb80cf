import { executeBatch, readBatch } from '../batch.ts';
import type { Container } from '../container.ts';
import { badRequest } from '../errors.ts';
import { isHybridRow, readRows, writeRows } from '../hybrid-row.ts';
import type { Json } from '../json.ts';
import type { Operation, OperationResult } from '../operations.ts';
import { bodyJson, type CosmosRequest, feedKey, header, isOn } from './request.ts';
import { checkRequestSize } from './request-size.ts';
import { answer, type CosmosResponse, charge, containerHeaders } from './response.ts';
import type { Service } from './service.ts';

/** `POST …/docs` with several operations: a transactional batch, or a bulk request; JSON, or binary from .NET. */
export async function batch({ store }: Service, request: CosmosRequest, container: Container): Promise<CosmosResponse> {
  checkRequestSize(request);
  const { headers, body } = request;
  const binary = isHybridRow(body);
  const { partition } = feedKey(request, container);
  const operations = readBatch(binary ? readRows(body).map(parsed) : bodyJson(request), container, partition);
  const atomic = isOn(headers, 'x-ms-cosmos-batch-atomic');
  if (atomic && partition === undefined) throw badRequest('A transactional batch needs a partition key.');
  const minimal = /return=minimal/i.test(header(headers, 'prefer') ?? '');
  const { status, results } = await executeBatch(store, container, operations, atomic);
  const shown = results.map((result, index) => shownResult(result, operations[index], minimal));
  const text = binary ? writeRows(shown) : `[${shown.map(resultText).join()}]`;
  return answer(status, text, {
    ...containerHeaders(store, container),
    ...(binary ? { 'content-type': 'application/octet-stream' } : {}),
    ...charge(results.reduce((sum, one) => sum + one.charge, 0)),
  });
}

function parsed({ resourceBody, ...rest }: Readonly<Record<string, string | number | boolean>>): Json {
  if (typeof resourceBody !== 'string') return rest;
  try {
    return { ...rest, resourceBody: JSON.parse(resourceBody) };
  } catch {
    throw badRequest('The body of a batch operation is not JSON.');
  }
}

function shownResult(result: OperationResult, operation: Operation | undefined, minimal: boolean) {
  const { status, substatus, item, charge: units, retryAfter } = result;
  const silent = operation?.type !== 'Read' && (minimal || operation?.minimal === true);
  const body = silent || status === 304 ? undefined : item?.body;
  return { status, substatus, etag: item?.etag, body, charge: units, retryAfter };
}

function resultText({
  status,
  substatus,
  etag,
  body,
  charge: units,
  retryAfter,
}: ReturnType<typeof shownResult>): string {
  const optional = (name: string, value: number | undefined): string =>
    value === undefined ? '' : `,"${name}":${value}`;
  return `{"statusCode":${status}${optional('subStatusCode', substatus)},"requestCharge":${units.toFixed(2)}${optional('retryAfterMilliseconds', retryAfter)}${
    etag === undefined ? '' : `,"eTag":${JSON.stringify(etag)}`
  }${body === undefined ? '' : `,"resourceBody":${body}`}}`;
}
