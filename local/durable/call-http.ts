import type { DurableHttpRequest } from './actions.ts';
import type { DurableHttpResponse } from './http-polling.ts';

/** Milliseconds: what .NET's HttpClient, which makes the request on Azure, waits by default. */
const patience = 100_000;

/**
 * Makes an orchestrator's HTTP request.
 * @throws Error when there is no answer, or no token to be had
 */
export async function callHttp(
  request: DurableHttpRequest,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<DurableHttpResponse> {
  const { method, uri, content, headers = {}, tokenSource } = request;
  const authorization =
    tokenSource === undefined
      ? {}
      : { authorization: `Bearer ${await managedIdentityToken(tokenSource, environment)}` };
  const response = await fetch(uri, {
    method,
    headers: {
      // As .NET's StringContent does.
      ...(content === undefined ? {} : { 'content-type': 'text/plain; charset=utf-8' }),
      ...lowerCased(headers),
      ...authorization,
    },
    ...(content === undefined ? {} : { body: content }),
    redirect: 'manual',
    signal: AbortSignal.timeout(patience),
  });
  const answered = Object.fromEntries(response.headers);
  const retryAfter = answered['retry-after'];
  return {
    statusCode: response.status,
    headers: retryAfter === undefined ? answered : { ...answered, 'retry-after': inSeconds(retryAfter) },
    content: await response.text(),
  };
}

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Retry-After may be a date (RFC 9110 section 10.2.3); the SDK reads seconds only. */
function inSeconds(retryAfter: string): string {
  if (/^\d+$/.test(retryAfter)) return retryAfter;
  const date = Date.parse(retryAfter);
  return String(Number.isNaN(date) ? 0 : Math.max(0, Math.ceil((date - Date.now()) / 1000)));
}

/** https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference */
async function managedIdentityToken(
  { kind, resource }: { readonly kind: string; readonly resource: string },
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: secret } = environment;
  if (kind !== 'AzureManagedIdentity') throw new Error(`callHttp knows no token source "${kind}".`);
  if (endpoint === undefined || secret === undefined)
    throw new Error('callHttp with a managed identity needs the settings IDENTITY_ENDPOINT and IDENTITY_HEADER.');
  const address = new URL(endpoint);
  address.searchParams.set('resource', resource);
  address.searchParams.set('api-version', '2019-08-01');
  const response = await fetch(address, {
    headers: { 'x-identity-header': secret },
    signal: AbortSignal.timeout(patience),
  });
  if (!response.ok) throw new Error(`The managed identity endpoint answered ${response.status}.`);
  return ((await response.json()) as { access_token: string }).access_token;
}
