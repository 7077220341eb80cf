import type { IncomingHttpHeaders } from 'node:http';
import { BlobError, invalidHeader } from './errors.ts';

/** What conditions are held against; undefined where nothing is there yet. */
export interface Conditioned {
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** What an operation does with a condition that does not hold: a read is "not modified", a creation "already exists". */
export type ConditionKind = 'read' | 'write' | 'create';

/**
 * Holds the conditional headers against what is there
 * (https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations).
 * @throws BlobError 304, 409 or 412.
 */
export function checkConditions(
  headers: IncomingHttpHeaders,
  current: Conditioned | undefined,
  kind: ConditionKind,
): void {
  const failed = () =>
    new BlobError(412, 'ConditionNotMet', 'The condition specified using HTTP conditional header(s) is not met.');
  const match = headers['if-match'];
  if (match !== undefined && (current === undefined || !names(match, current.etag))) throw failed();
  const unmodified = dateOf(headers, 'if-unmodified-since');
  const modified = dateOf(headers, 'if-modified-since');
  if (unmodified !== undefined && current !== undefined && wholeSeconds(current.modified) > unmodified) throw failed();
  if (current === undefined) return;
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined && names(noneMatch, current.etag)) {
    if (kind === 'read') throw notModified();
    if (kind === 'create' && noneMatch.trim() === '*')
      throw new BlobError(409, 'BlobAlreadyExists', 'The specified blob already exists.');
    throw failed();
  }
  if (modified !== undefined && noneMatch === undefined && wholeSeconds(current.modified) <= modified)
    throw kind === 'read' ? notModified() : failed();
}

const notModified = (): BlobError => new BlobError(304, 'ConditionNotMet', 'The blob has not been modified.');

/** Whether a list of ETags, with or without their quotes, names this one. */
function names(list: string, etag: string): boolean {
  const bare = (text: string): string => text.trim().replace(/^(W\/)?"|"$/g, '');
  return list.split(',').some((one) => one.trim() === '*' || bare(one) === bare(etag));
}

/** HTTP dates know no parts of a second. */
const wholeSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000) * 1000;

function dateOf(headers: IncomingHttpHeaders, name: 'if-modified-since' | 'if-unmodified-since'): number | undefined {
  const text = headers[name];
  if (text === undefined) return undefined;
  const date = Date.parse(text);
  if (Number.isNaN(date)) throw invalidHeader(name, 'a date such as Tue, 24 Nov 2026 11:05:00 GMT');
  return date;
}
