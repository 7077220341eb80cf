import type { Documents, Stored } from '../azure/documents.ts';
import { chainOf, genesis, linkOf, monthBefore } from './chain.ts';
import { type HeadDocument, type LinkDocument, linkDocumentId, toLinkDocument } from './documents.ts';
import type { AuditEntry } from './entry.ts';

/** With the head's replacement a batch holds 100 operations … */
const maximumEntries = 99;
/** … and at most 2 MB. An entry is stored with a second copy of its time, agent and outcome. */
const maximumCharacters = 1_200_000;
const maximumTries = 30;

/**
 * Appends entries to their chains. One batch replaces the head under its ETag and creates the entries under ids fixed
 * at the source: whoever loses a race or comes a second time changes nothing, so a chain cannot fork.
 */
export async function append(documents: Documents, entries: readonly AuditEntry[]): Promise<void> {
  const chains = [...Map.groupBy(entries, chainOf)];
  const outcomes = await Promise.allSettled(
    chains.map(async ([partition, group]) => {
      for (const some of inBatches(group)) await appendSome(documents, partition, some);
    }),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function inBatches(entries: readonly AuditEntry[]): AuditEntry[][] {
  const batches: AuditEntry[][] = [];
  let characters = 0;
  for (const entry of new Map(entries.map((one) => [one.id, one])).values()) {
    const size = JSON.stringify(entry).length;
    const current = batches.at(-1);
    if (current === undefined || current.length >= maximumEntries || characters + size > maximumCharacters) {
      batches.push([entry]);
      characters = size;
    } else {
      current.push(entry);
      characters += size;
    }
  }
  return batches;
}

/** Usually two trips: the head, then the batch. Only a refused one is looked into. */
async function appendSome(documents: Documents, partition: string, entries: readonly AuditEntry[]): Promise<void> {
  let missing = entries;
  for (let tries = 0; tries < maximumTries; tries++) {
    const [head] = await documents.readTogether<HeadDocument>(partition, ['head']);
    const outcome = await documents.batch(partition, await operationsFor(documents, partition, head, missing));
    if (outcome.ok) return;
    // 412, or 409 on the head: somebody else appended. 409 on an entry: it is there already.
    if (outcome.status === 409 && outcome.index > 0) {
      missing = await notYetThere(documents, partition, missing);
      if (missing.length === 0) return;
    } else if (outcome.status !== 409 && outcome.status !== 412 && outcome.status !== 404) {
      throw new Error(`An audit chain refused a batch (${outcome.status}).`);
    }
  }
  throw new Error('An audit chain is too busy; the entries will be delivered again.');
}

async function operationsFor(
  documents: Documents,
  partition: string,
  head: Stored<HeadDocument> | undefined,
  entries: readonly AuditEntry[],
) {
  const begin = head?.document.begin ?? (await lastHashBefore(documents, partition));
  let { seq, hash } = head?.document ?? { seq: 0, hash: begin };
  const links = entries.map((entry) => {
    const link = linkOf(seq + 1, hash, entry);
    ({ seq, hash } = link);
    return toLinkDocument(partition, link);
  });
  const document: HeadDocument = { id: 'head', partition, kind: 'head', seq, hash, begin };
  return [
    head === undefined
      ? ({ op: 'create', document } as const)
      : ({ op: 'replace', id: 'head', document, ifMatch: head.etag } as const),
    ...links.map((link) => ({ op: 'create', document: link }) as const),
  ];
}

async function notYetThere(
  documents: Documents,
  partition: string,
  entries: readonly AuditEntry[],
): Promise<readonly AuditEntry[]> {
  const there = await documents.readTogether<LinkDocument>(
    partition,
    entries.map(({ id }) => linkDocumentId(id)),
  );
  return entries.filter((_, index) => there[index] === undefined);
}

/** A month begins where the month before ended when the new month's first entry came. */
async function lastHashBefore(documents: Documents, partition: string): Promise<string> {
  const [head] = await documents.readTogether<HeadDocument>(monthBefore(partition), ['head']);
  return head?.document.hash ?? genesis;
}
