import { createHmac, timingSafeEqual } from 'node:crypto';

/** The one key name of a local namespace. */
export const keyName = 'RootManageSharedAccessKey';

/**
 * Checks a shared access signature
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas). @returns why it is refused, or undefined.
 */
export function refuseSas(token: string, key: string, now: number): string | undefined {
  const fields = new Map(
    token
      .replace(/^SharedAccessSignature /, '')
      .split('&')
      .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] as const),
  );
  const [resource = '', expiry = '', signature = '', name = ''] = ['sr', 'se', 'sig', 'skn'].map(
    (field) => fields.get(field) ?? '',
  );
  if (!token.startsWith('SharedAccessSignature ')) return 'The token is no shared access signature.';
  if (decodeURIComponent(name) !== keyName) return 'The key name is unknown.';
  const expected = createHmac('sha256', key).update(`${resource}\n${expiry}`).digest();
  const given = Buffer.from(decodeURIComponent(signature), 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    return 'InvalidSignature: the token has an invalid signature.';
  return Number(expiry) * 1000 < now ? 'ExpiredToken: the token is expired.' : undefined;
}
