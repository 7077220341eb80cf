import { createHmac } from 'node:crypto';
import { sameText } from '../../same-text.ts';
import { type BlobRequest, header } from '../request.ts';

const signedHeaders = [
  ...['content-language', 'content-encoding', 'content-length', 'content-md5', 'content-type', 'date'],
  ...['if-modified-since', 'if-match', 'if-none-match', 'if-unmodified-since', 'range'],
];
/** How far a clock may be off. */
const skew = 15 * 60_000;

/** `Authorization: SharedKey account:signature` (https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key). @returns why it is refused. */
export function refuseSharedKey(
  request: BlobRequest,
  account: { readonly name: string; readonly key: string },
  now: number,
): string | undefined {
  const [, named, signature = ''] = /^SharedKey ([^:]+):(.+)$/.exec(header(request, 'authorization') ?? '') ?? [];
  if (named !== account.name) return `The account is ${account.name}, and the scheme SharedKey.`;
  const date = Date.parse(header(request, 'x-ms-date') ?? header(request, 'date') ?? '');
  if (Number.isNaN(date) || Math.abs(now - date) > skew) return 'Request date header too old, too new or missing.';
  const key = Buffer.from(account.key, 'base64');
  const matches = (text: string): boolean =>
    sameText(signature, createHmac('sha256', key).update(text, 'utf8').digest('base64'));
  // Most clients sort the headers by bytes; the service's own sort as .NET does.
  const valid =
    matches(stringToSign(request, account.name, byCulture)) || matches(stringToSign(request, account.name, byBytes));
  return valid ? undefined : 'The MAC signature found in the HTTP request is not the same as any computed signature.';
}

function stringToSign(request: BlobRequest, account: string, order: (a: string, b: string) => number): string {
  const plain = signedHeaders.map((name) => {
    const value = header(request, name) ?? '';
    return (name === 'content-length' && value === '0') || (name === 'date' && header(request, 'x-ms-date'))
      ? ''
      : value;
  });
  const own = Object.keys(request.headers)
    .filter((name) => name.startsWith('x-ms-'))
    .sort(order)
    .map((name) => `${name}:${(header(request, name) ?? '').trimStart()}`);
  const query = [...request.query].sort(([a], [b]) => byBytes(a, b)).map(([name, value]) => `${name}:${value}`);
  return [request.method, ...plain, ...own, `/${account}${request.path}`, ...query].join('\n');
}

const byBytes = (a: string, b: string): number => (a < b ? -1 : 1);

/** .NET's order for the characters that names of headers have here: hyphens do not count, underscores come before digits. */
const byCulture = (a: string, b: string): number => {
  const weight = (name: string): string => name.replaceAll('-', '').replaceAll('_', '!');
  return weight(a) === weight(b) ? byBytes(a, b) : byBytes(weight(a), weight(b));
};
