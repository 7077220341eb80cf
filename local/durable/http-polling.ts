import type { DurableHttpRequest } from './actions.ts';

/** An HTTP answer as an orchestrator gets it. */
export interface DurableHttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string | null;
}

/**
 * What to ask next after an answer: a 202 with a Location is work that goes on elsewhere
 * (https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-features#async-operation-tracking).
 * @param answer JSON of a DurableHttpResponse
 * @returns undefined when it was the last answer; `pause` in milliseconds
 */
export function pollRequest(
  request: DurableHttpRequest,
  answer: string,
): { request: DurableHttpRequest; pause: number | undefined } | undefined {
  const { statusCode, headers } = JSON.parse(answer) as DurableHttpResponse;
  const header = (wanted: string): string | undefined =>
    Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1];
  const location = header('location');
  if (statusCode !== 202 || !location) return undefined;
  const { content: _, ...rest } = request;
  const retryAfter = header('retry-after');
  return {
    request: { ...rest, method: 'GET', uri: new URL(location, request.uri).href },
    pause: retryAfter ? Number(retryAfter) * 1000 : undefined,
  };
}
