import { parseJson } from '../parse-json.ts';
import { badRequest } from './errors.ts';

export type DataType = 'json' | 'text' | 'binary';

/** Data on its way to clients; binary data as base64. */
export interface Payload {
  readonly dataType: DataType;
  readonly data: unknown;
}

/** A message as the JSON protocols write it (https://learn.microsoft.com/azure/azure-web-pubsub/reference-json-webpubsub-subprotocol). */
export interface Message extends Payload {
  readonly from: 'group' | 'server';
  readonly group?: string;
  readonly fromUserId?: string | undefined;
}

/** Reads what a server sends, by its content type. @throws WebPubSubError 400. */
export function readPayload(contentType: string | undefined, body: Buffer): Payload {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'text/plain') return { dataType: 'text', data: body.toString() };
  if (type === 'application/octet-stream') return { dataType: 'binary', data: body.toString('base64') };
  if (type !== 'application/json')
    throw badRequest('The content type must be application/json, text/plain or application/octet-stream.');
  try {
    return { dataType: 'json', data: parseJson(body.toString()) };
  } catch {
    throw badRequest('The body is not valid JSON.');
  }
}

/** Reads what a client sends in a JSON frame. @returns undefined when data and type do not fit. */
export function readFrame(dataType: unknown, data: unknown): Payload | undefined {
  if (dataType === 'json' || dataType === undefined) return data === undefined ? undefined : { dataType: 'json', data };
  if (dataType === 'text') return typeof data === 'string' ? { dataType, data } : undefined;
  if (dataType === 'binary')
    return typeof data === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(data) ? { dataType, data } : undefined;
  return undefined;
}

/** What a client without a subprotocol gets: the data alone. */
export function plainFrame({ dataType, data }: Payload): string | Buffer {
  if (dataType === 'binary') return Buffer.from(String(data), 'base64');
  return dataType === 'text' ? String(data) : JSON.stringify(data);
}
