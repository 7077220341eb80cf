import { badRequest, type CosmosError } from '../errors.ts';
import type { Position } from './driver.ts';

/** Where the next page begins. It names a place in an order, never a count of results, so that writes do not move it. */
export interface Continuation {
  /** The candidate that gave the next result; undefined in a query whose results come from all items together. */
  readonly position: Position | undefined;
  /** Results of this candidate that were told already (joins give several). */
  readonly told: number;
  /** What is left of OFFSET, and of TOP or LIMIT. */
  readonly offset: number;
  readonly limit: number | undefined;
  /** Of groups: the name of the last one told. */
  readonly group: string | undefined;
}

/** A header must hold it. */
const longestKey = 4_096;

/** @throws CosmosError 400 when the page ends at a value that is too long to be named. */
export function writeContinuation({ position, told, offset, limit, group }: Continuation): string {
  if (position !== undefined && position.key.length > longestKey)
    throw badRequest(
      `A page cannot end at a value of more than ${longestKey} bytes in ORDER BY; ask for larger pages.`,
    );
  const fields = {
    v: 1,
    ...(position === undefined ? {} : { k: Buffer.from(position.key).toString('base64'), r: position.row }),
    ...(told === 0 ? {} : { t: told }),
    ...(offset === 0 ? {} : { o: offset }),
    ...(limit === undefined ? {} : { l: limit }),
    ...(group === undefined ? {} : { g: group }),
  };
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/** @throws CosmosError 400 when the token is not one that this server gives. */
export function readContinuation(token: string | undefined): Continuation | undefined {
  if (token === undefined || token === '') return undefined;
  let fields: Record<string, unknown>;
  try {
    fields = Object(JSON.parse(Buffer.from(token, 'base64url').toString()));
  } catch {
    throw invalid();
  }
  const { v, k, r, g, t = 0, o = 0, l } = fields;
  if (v !== 1 || !isCount(t) || !isCount(o) || (l !== undefined && !isCount(l))) throw invalid();
  if (g !== undefined && typeof g !== 'string') throw invalid();
  if (k !== undefined && (typeof k !== 'string' || !isCount(r))) throw invalid();
  return {
    position: typeof k === 'string' && isCount(r) ? { key: Buffer.from(k, 'base64'), row: r } : undefined,
    told: t,
    offset: o,
    limit: l,
    group: g,
  };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const invalid = (): CosmosError =>
  badRequest('INVALID JSON in continuation token: it is not one that this server gave.');
