import type { IncomingMessage } from 'node:http';
import type { CorsSettings } from '../app-settings.ts';

/**
 * What browsers of other origins are told (https://fetch.spec.whatwg.org/#http-cors-protocol). In Azure the platform
 * does this before the app sees the request.
 */
export function corsHeaders(request: IncomingMessage, cors: CorsSettings | undefined): Record<string, string> {
  const { origin } = request.headers;
  if (cors === undefined || origin === undefined) return {};
  const any = cors.origins.includes('*');
  if (!any && !cors.origins.some((allowed) => allowed.toLowerCase() === origin.toLowerCase())) return {};
  return {
    'access-control-allow-origin': any && !cors.credentials ? '*' : origin,
    ...(cors.credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    vary: 'Origin',
  };
}

/** Whether a browser asks before it sends the real request. */
export const isPreflight = (request: IncomingMessage): boolean =>
  request.method === 'OPTIONS' &&
  request.headers.origin !== undefined &&
  request.headers['access-control-request-method'] !== undefined;

/** The answer to a preflight from an origin that is allowed. */
export function preflightHeaders(request: IncomingMessage, allowed: Record<string, string>): Record<string, string> {
  if (Object.keys(allowed).length === 0) return {};
  const headers = request.headers['access-control-request-headers'];
  return {
    ...allowed,
    'access-control-allow-methods': String(request.headers['access-control-request-method']),
    ...(headers === undefined ? {} : { 'access-control-allow-headers': String(headers) }),
  };
}
