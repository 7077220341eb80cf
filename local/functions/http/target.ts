import type { IncomingMessage } from 'node:http';

/** Where a request goes. */
export interface Target {
  /** As it came, still encoded. */
  readonly path: string;
  /** The whole address as the caller wrote it. */
  readonly url: URL;
}

/** @returns undefined for a request target or a Host header that no address can be made of (the answer is 400) */
export function parseTarget(request: IncomingMessage): Target | undefined {
  const target = request.url ?? '/';
  const { host } = request.headers;
  // RFC 9112 section 3.2: a request without Host, or with one that is no host, is answered 400.
  if (host === undefined && request.httpVersion !== '1.0') return undefined;
  if (host !== undefined && !/^[\w.:[\]-]+$/.test(host)) return undefined;
  if (/%00/.test(target)) return undefined;
  try {
    const absolute = /^https?:\/\//i.test(target);
    if (!absolute && !target.startsWith('/')) return undefined;
    const url = new URL(absolute ? target : `http://${host ?? 'localhost'}${target}`);
    const path = absolute ? url.pathname : (target.split(/[?#]/, 1)[0] ?? '/');
    return { path, url };
  } catch {
    return undefined;
  }
}
