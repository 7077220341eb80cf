import { createHash } from 'node:crypto';
import type { AuditEntry } from './entry.ts';

/** An entry's place in its chain: `hash` covers the entry and everything before it. */
export interface Link {
  /** 1, 2, 3 … */
  readonly seq: number;
  /** Hash of the link before; for the first one what the chain begins from. */
  readonly prev: string;
  readonly hash: string;
  readonly entry: AuditEntry;
}

/** Where a chain ends. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

/** What the very first chain of a trust begins from. */
export const genesis = '0'.repeat(64);
/** Chains a trust keeps side by side each month, so that writers do not wait for each other. */
export const shards = 4;

/** JSON with sorted keys and no undefined: the same entry always gives the same text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join()}}`;
}

/** The link that follows `prev`. */
export const linkOf = (seq: number, prev: string, entry: AuditEntry): Link => ({
  seq,
  prev,
  hash: createHash('sha256')
    .update(`${seq}\n${prev}\n${canonical(entry)}`)
    .digest('hex'),
  entry,
});

/** Partition of the chain that an entry belongs to: trust, month of its recording, shard of its id. */
export function chainOf({ trust, recorded, id }: Pick<AuditEntry, 'trust' | 'recorded' | 'id'>): string {
  const shard = (createHash('sha256').update(id).digest()[0] ?? 0) % shards;
  return `${trust}|${recorded.slice(0, 7)}|${shard}`;
}

/** The same shard's chain of the month before. */
export function monthBefore(chain: string): string {
  const [trust = '', month = '', shard = ''] = chain.split('|');
  const before = new Date(`${month}-01T00:00:00Z`);
  before.setUTCMonth(before.getUTCMonth() - 1);
  return `${trust}|${before.toISOString().slice(0, 7)}|${shard}`;
}
