import type { Container } from '../container.ts';
import type { CosmosError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { Store } from '../store.ts';
import { sessionToken } from './session-token.ts';

/** An answer of the Cosmos DB REST API. */
export interface CosmosResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
}

export function answer(status: number, body: string | Buffer, headers: Record<string, string> = {}): CosmosResponse {
  return { status, body, headers: { 'content-type': 'application/json', 'x-ms-request-charge': '1', ...headers } };
}

/** A refusal as the service words it. */
export const refusal = ({ status, code, message, substatus, retryAfter }: CosmosError): CosmosResponse =>
  answer(status, JSON.stringify({ code, message }), {
    ...(substatus === undefined ? {} : { 'x-ms-substatus': String(substatus) }),
    ...(retryAfter === undefined ? {} : { 'x-ms-retry-after-ms': String(retryAfter) }),
  });

/** A page of resources; clients count its entries by the header. @param rid of what owns the feed. */
export const listed = (
  rid: string,
  name: string,
  documents: readonly JsonObject[],
  continuation?: string,
): CosmosResponse =>
  answer(200, JSON.stringify({ _rid: rid, [name]: documents, _count: documents.length }), {
    'x-ms-item-count': String(documents.length),
    ...(continuation === undefined ? {} : { 'x-ms-continuation': continuation }),
  });

/** Charges are estimates by the published rules; the header says so. */
export const charge = (units: number): Record<string, string> => ({
  'x-ms-request-charge': units.toFixed(2),
  'x-local-ru-estimate': '1',
});

/** What every answer about a container carries. A raw name beyond ASCII in a header would end the connection. */
export const containerHeaders = (store: Store, container: Container): Record<string, string> => ({
  'x-ms-session-token': sessionToken(store.lsn(container)),
  'x-ms-alt-content-path': encodeURI(`dbs/${container.database}/colls/${container.id}`),
  'x-ms-content-path': container.rid,
});
