import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { CosmosError } from './errors.ts';

const maximumSkew = 15 * 60_000;

/**
 * Checks the master key signature
 * (https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources).
 * @param segments of the path, decoded. @throws CosmosError 401.
 */
export function authorize(
  method: string,
  segments: readonly string[],
  headers: IncomingHttpHeaders,
  key: Buffer,
  now: number,
): void {
  const date = String(headers['x-ms-date'] ?? headers.date ?? '');
  const signature = /&sig=(.+)$/.exec(decode(String(headers.authorization ?? '')))?.[1];
  if (signature === undefined)
    throw new CosmosError(
      401,
      'Required Header authorization is missing. Ensure a valid Authorization token is passed.',
    );
  const skew = Math.abs(Date.parse(date) - now);
  if (!(skew <= maximumSkew))
    throw new CosmosError(
      401,
      'The authorization token is not valid at the current time: x-ms-date is more than 15 minutes off.',
    );
  const even = segments.length % 2 === 0;
  const type = even ? (segments.at(-2) ?? '') : (segments.at(-1) ?? '');
  const link = (even ? segments : segments.slice(0, -1)).join('/');
  const text = `${method.toLowerCase()}\n${type.toLowerCase()}\n${link}\n${date.toLowerCase()}\n\n`;
  const expected = createHmac('sha256', key).update(text).digest();
  const given = Buffer.from(signature, 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new CosmosError(
      401,
      "The input authorization token can't serve the request. The wrong key is being used or the expected payload is not built as per the protocol.",
    );
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
