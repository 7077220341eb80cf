import type { RpcHttpCookie } from '../typed-data.ts';

const sameSite: Readonly<Record<string, string>> = { lax: 'Lax', strict: 'Strict', explicitnone: 'None' };

/** A `Set-Cookie` header (RFC 6265 section 4.1). */
export function serializeCookie(cookie: RpcHttpCookie): string {
  const { name, value, domain, path, expires, secure, httpOnly, maxAge } = cookie;
  const site = sameSite[cookie.sameSite?.toLowerCase() ?? ''];
  return [
    `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
    ...(domain ? [`Domain=${attribute(domain.value)}`] : []),
    ...(path ? [`Path=${attribute(path.value)}`] : []),
    ...(expires ? [`Expires=${new Date(expires.value.seconds * 1000).toUTCString()}`] : []),
    ...(maxAge ? [`Max-Age=${Math.trunc(maxAge.value)}`] : []),
    ...(secure?.value ? ['Secure'] : []),
    ...(httpOnly?.value ? ['HttpOnly'] : []),
    ...(site === undefined ? [] : [`SameSite=${site}`]),
  ].join('; ');
}

/** Nothing in an attribute may start another one. */
const attribute = (value: string): string => value.replace(/[;\r\n]/g, '');
