import type { Documents } from '../azure/documents.ts';
import type { Ods } from '../context.ts';
import { type AnsweredDocument, answeredPartition, hourOf } from './answered.ts';
import { chainOf } from './chain.ts';
import { type LinkDocument, linkDocumentId } from './documents.ts';

/** What came of holding the trail to what was answered in an hour. */
export interface Completeness {
  readonly trust: Ods;
  /** `2026-11-25T23`, UTC. */
  readonly hour: string;
  readonly answered: number;
  /** Answered requests without an entry. */
  readonly missing: number;
}

/** Hours that are looked at again until they are complete. */
const lookBack = 24;
const batchSize = 100;
const mostDocuments = 1_000;
const hourMs = 3_600_000;

/**
 * Proves that each answered request of the hours that are over has its entry. That it has no second one is fixed by the
 * entry's id. What is proved is forgotten; an hour that lacks entries is looked at again the next time.
 * @param now the hour that it is in, and the one before (whose entries may still be on the queue until a quarter past),
 * are left to a later call
 */
export async function proveComplete(audit: Documents, trust: Ods, now: Date): Promise<Completeness[]> {
  const settled = now.getTime() - hourMs - (now.getUTCMinutes() < 15 ? hourMs : 0);
  const found: Completeness[] = [];
  for (let ago = lookBack - 1; ago >= 0; ago--) {
    const hour = hourOf(new Date(settled - ago * hourMs));
    const partition = answeredPartition(trust, hour);
    const { items } = await audit.query<AnsweredDocument>(
      `SELECT c.id, c.entries FROM c WHERE c.kind = 'answered'`,
      {},
      { partition, limit: mostDocuments },
    );
    if (items.length === 0) continue;
    const ids = [...new Set(items.flatMap(({ entries }) => entries))];
    const missing = await missingOf(audit, trust, hour, ids);
    found.push({ trust, hour, answered: ids.length, missing: missing.length });
    if (missing.length === 0) await forget(audit, partition, items);
  }
  return found;
}

/** The entries that are in no chain: neither of the hour's month, nor, for a session that began then, of the one before. */
async function missingOf(audit: Documents, trust: Ods, hour: string, ids: readonly string[]): Promise<string[]> {
  const at = new Date(`${hour}:00:00Z`);
  const before = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - 1));
  let missing = [...ids];
  for (const month of [at, before]) {
    const recorded = month.toISOString();
    const left: string[] = [];
    for (const [chain, some] of Map.groupBy(missing, (id) => chainOf({ trust, recorded, id })))
      for (let start = 0; start < some.length; start += batchSize) {
        const batch = some.slice(start, start + batchSize);
        const links = await audit.readTogether<LinkDocument>(chain, batch.map(linkDocumentId));
        left.push(...batch.filter((_, index) => links[index] === undefined));
      }
    missing = left;
    if (missing.length === 0) break;
  }
  return missing;
}

async function forget(
  audit: Documents,
  partition: string,
  documents: readonly { readonly id: string }[],
): Promise<void> {
  for (let start = 0; start < documents.length; start += batchSize) {
    const operations = documents.slice(start, start + batchSize).map(({ id }) => ({ op: 'delete', id }) as const);
    const outcome = await audit.batch(partition, operations);
    if (!outcome.ok && outcome.status !== 404)
      throw new Error(`What was proved complete could not be forgotten (${outcome.status}).`);
  }
}
