import type { WardlineError } from '../errors.ts';
import { operationOutcome } from '../fhir/index.ts';
import type { RawReply, Reply, Route } from './types.ts';

/** Of every answer: nothing is kept by caches unless a page says so, nothing is taken for something else. */
const everywhere = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
/** Of data: should a browser ever show them as a page, that page can do nothing. */
const ofData = { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" };

/** A handler's answer as the host takes it. */
export function toRawReply({ status, headers, json, body, contentType }: Reply): RawReply {
  const sent = json === undefined ? body : JSON.stringify(json);
  return {
    status,
    headers: {
      ...everywhere,
      ...ofData,
      ...(sent === undefined ? {} : { 'content-type': contentType ?? 'application/json; charset=utf-8' }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  };
}

/** An error as an OperationOutcome or as problem+json (RFC 9457). */
export function toErrorReply({ errors }: Pick<Route, 'errors'>, error: WardlineError): RawReply {
  const { code, status, message, problems, retryAfter } = error;
  const json =
    errors === 'fhir'
      ? operationOutcome(error)
      : {
          type: `https://wardline.nhs.uk/error/${code}`,
          title: code,
          status,
          detail: message,
          errors: problems,
        };
  return toRawReply({
    status,
    json,
    contentType: errors === 'fhir' ? 'application/fhir+json; charset=utf-8' : 'application/problem+json',
    headers: {
      ...(status === 401 ? { 'www-authenticate': challenge(code) } : {}),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
  });
}

/** RFC 6750, 3.1: a request without any token is told no error code. */
const challenge = (code: WardlineError['code']): string =>
  code === 'no-token' ? 'Bearer realm="wardline"' : 'Bearer realm="wardline", error="invalid_token"';
