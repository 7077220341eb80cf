import { createHash } from 'node:crypto';
import type { AuditEntry } from './entry.ts';

/** An entry's place in its chain: `hash` covers the entry and everything before it. */
export interface Link {
  readonly seq: number;
  /** Hash of the link before; for the first one what the chain begins from. */
  readonly prev: string;
  readonly hash: string;
  readonly entry: AuditEntry;
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

/** What is wrong with the first bad row of a chain. */
export interface Breach {
  readonly seq: number;
  readonly id: string;
  readonly what: string;
}

/**
 * Proves a chain. @param links in the order in which they were kept. @param head what the chain's head says.
 * @returns the first row that was edited, removed, added or moved; undefined: the chain is whole.
 */
export function proveChain(
  links: readonly Link[],
  begin: string,
  head: { readonly seq: number; readonly hash: string } | undefined,
): Breach | undefined {
  let prev = begin;
  for (const [index, link] of links.entries()) {
    const at = { seq: link.seq, id: link.entry.id };
    if (link.seq !== index + 1)
      return {
        ...at,
        what: link.seq > index + 1 ? `row ${index + 1} before it was removed or moved` : 'the row was added or moved',
      };
    if (link.prev !== prev) return { ...at, what: 'the row does not follow the one before it' };
    if (linkOf(link.seq, link.prev, link.entry).hash !== link.hash) return { ...at, what: 'the row was edited' };
    prev = link.hash;
  }
  const last = links.at(-1);
  if (head !== undefined && (head.seq !== links.length || head.hash !== prev)) {
    return { seq: links.length + 1, id: last?.entry.id ?? '', what: 'rows at the end were removed or added' };
  }
  return undefined;
}
