import type { Documents } from '../azure/documents.ts';
import { chainOf, genesis, type Link, linkOf } from './chain.ts';
import type { AuditEntry } from './entry.ts';

interface Head {
  readonly id: 'head';
  readonly partition: string;
  readonly kind: 'head';
  readonly seq: number;
  readonly hash: string;
  /** What the chain began from: the last hash of the month before. */
  readonly begin: string;
}

/** A link as it is stored. */
export interface LinkDocument extends Link {
  readonly id: string;
  readonly partition: string;
  readonly kind: 'entry';
  readonly recorded: string;
  readonly agent: string;
  readonly outcome: string;
}

/** With the head's replacement a batch holds 100 operations. */
const maximumEntries = 99;
const maximumTries = 20;

/**
 * Appends entries to their chains. One batch replaces the head under its ETag and creates the entries under ids fixed
 * at the source: whoever loses a race or comes a second time changes nothing, so a chain cannot fork.
 */
export async function append(documents: Documents, entries: readonly AuditEntry[]): Promise<void> {
  for (const [partition, group] of Map.groupBy(entries, chainOf)) {
    const unique = [...new Map(group.map((entry) => [entry.id, entry])).values()];
    for (let start = 0; start < unique.length; start += maximumEntries)
      await appendSome(documents, partition, unique.slice(start, start + maximumEntries));
  }
}

async function appendSome(documents: Documents, partition: string, entries: readonly AuditEntry[]): Promise<void> {
  for (let tries = 0; tries < maximumTries; tries++) {
    const [head, ...there] = await documents.readTogether<Head | LinkDocument>(
      partition,
      ['head', ...entries.map(({ id }) => idOf(id))].slice(0, 100),
    );
    const missing = entries.filter((_, index) => there[index] === undefined);
    if (missing.length === 0) return;
    const present = head?.document.kind === 'head' ? head.document : undefined;
    const begin = present?.begin ?? (await lastHashBefore(documents, partition));
    let { seq, hash } = present ?? { seq: 0, hash: begin };
    const links = missing.map((entry) => {
      const link = linkOf(seq + 1, hash, entry);
      seq = link.seq;
      hash = link.hash;
      return toDocument(partition, link);
    });
    const next: Head = { id: 'head', partition, kind: 'head', seq, hash, begin };
    const outcome = await documents.batch(partition, [
      head === undefined
        ? { op: 'create', document: next }
        : { op: 'replace', id: 'head', document: next, ifMatch: head.etag },
      ...links.map((document) => ({ op: 'create', document }) as const),
    ]);
    if (outcome.ok) return;
    if (outcome.status !== 409 && outcome.status !== 412)
      throw new Error(`An audit chain refused a batch (${outcome.status}).`);
  }
  throw new Error('An audit chain is too busy; the entries will be delivered again.');
}

const idOf = (entry: string): string => `entry|${entry}`;

const toDocument = (partition: string, link: Link): LinkDocument => ({
  id: idOf(link.entry.id),
  partition,
  kind: 'entry',
  recorded: link.entry.recorded,
  agent: link.entry.agent.id,
  outcome: link.entry.outcome,
  ...link,
});

/** The month before ends where this month begins. */
async function lastHashBefore(documents: Documents, partition: string): Promise<string> {
  const [trust = '', month = '', shard = ''] = partition.split('|');
  const before = new Date(`${month}-01T00:00:00Z`);
  before.setUTCMonth(before.getUTCMonth() - 1);
  const [head] = await documents.readTogether<Head>(`${trust}|${before.toISOString().slice(0, 7)}|${shard}`, ['head']);
  return head?.document.hash ?? genesis;
}
