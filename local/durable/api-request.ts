import type { WebhookAddress } from './client-input.ts';
import { DurableError } from './durable-error.ts';

/** A request to the management API; `path` comes behind its base. */
export interface ApiRequest {
  readonly method: string;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly webhook: WebhookAddress;
}
export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

const defaultPage = 100;
export const mostOnPage = 1000;
/** @throws DurableError 400 */
export function jsonText(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body));
  } catch {
    throw new DurableError(400, 'Invalid JSON content');
  }
}

/** Epoch milliseconds. @throws DurableError 400 */
export function moment(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Date.parse(text);
  if (Number.isNaN(value)) throw new DurableError(400, `${name} takes a moment such as 2026-11-25T10:00:00Z.`);
  return value;
}

/** @throws DurableError 400 */
export function pageSize(query: URLSearchParams): number {
  const size = Number(query.get('top') ?? defaultPage);
  if (!Number.isInteger(size) || size < 1)
    throw new DurableError(400, 'top takes a whole number from 1 (at most 1000 come on a page).');
  return Math.min(size, mostOnPage);
}

export const isTrue = (text: string | null): boolean => text?.toLowerCase() === 'true';
export const toToken = ({ id }: { readonly id: string }): string => Buffer.from(id).toString('base64url');
export const readToken = (token: string | string[] | undefined): string =>
  typeof token === 'string' ? Buffer.from(token, 'base64url').toString() : '';
