import { createHmac, timingSafeEqual } from 'node:crypto';

/** The one key name of a local namespace. */
export const keyName = 'RootManageSharedAccessKey';

/** A token that holds: for what, and until when (milliseconds since 1970). */
export interface Granted {
  readonly path: string;
  readonly until: number;
}

/**
 * Checks a shared access signature
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas). @returns why it is refused, or what it grants
 */
export function checkSas(token: string, key: string, now: number): Granted | { readonly refusal: string } {
  const text = /^SharedAccessSignature (.*)$/s.exec(token)?.[1];
  if (text === undefined) return { refusal: 'The token is no shared access signature.' };
  const fields = new URLSearchParams(text);
  const encoded = (name: string): string =>
    text
      .split('&')
      .find((part) => part.startsWith(`${name}=`))
      ?.slice(name.length + 1) ?? '';
  if (fields.get('skn') !== keyName) return { refusal: 'InvalidSignature: the key name is unknown.' };
  // The signature is over the resource and expiry as they are written in the token.
  const expected = createHmac('sha256', key)
    .update(`${encoded('sr')}\n${encoded('se')}`)
    .digest();
  const given = Buffer.from(decodeURIComponentOr(encoded('sig')), 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    return { refusal: 'InvalidSignature: the token has an invalid signature.' };
  const until = Number(fields.get('se')) * 1000;
  if (!(until > now)) return { refusal: 'ExpiredToken: the token is expired.' };
  return { path: resourcePath(decodeURIComponentOr(encoded('sr'))), until };
}

/** The entity of a token's resource, which begins with the namespace's name, with or without a scheme before it. */
const resourcePath = (resource: string): string =>
  resource
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/^[^/]*\/?/, '')
    .replace(/\?.*$/, '')
    .replace(/\/$/, '');

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
