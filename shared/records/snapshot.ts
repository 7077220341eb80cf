import type { Documents } from '../azure/documents.ts';
import { WardlineError } from '../errors.ts';
import type { Body, Stageable } from './documents.ts';
import type { Settling } from './settle.ts';
import type { Found } from './write.ts';

/** The documents that a commit builds on, with nothing staged in any of them. */
export interface Snapshot {
  find<K extends Body['kind']>(kind: K, partition: string, id: string): Found<Extract<Body, { kind: K }>> | undefined;
}

/** Ids of documents by partition. */
export type Wanted = ReadonlyMap<string, ReadonlySet<string>>;

const readsTogether = 50;
const roundsAtMost = 20;

/** Reads from the primary replica; what another transaction has staged is finished or aborted first. */
export async function takeSnapshot(
  { documents, settling }: { documents: Documents; settling: Settling },
  wanted: Wanted,
): Promise<Snapshot> {
  const found = new Map<string, Found>();
  await Promise.all(
    [...wanted].map(async ([partition, ids]) => {
      for (const each of await readSettled(documents, settling, partition, [...ids])) {
        found.set(`${partition}\n${each.document.id}`, each);
      }
    }),
  );
  return {
    find<K extends Body['kind']>(kind: K, partition: string, id: string) {
      const each = found.get(`${partition}\n${id}`);
      return each?.document.kind === kind ? (each as Found<Extract<Body, { kind: K }>>) : undefined;
    },
  };
}

async function readSettled(
  documents: Documents,
  settling: Settling,
  partition: string,
  ids: readonly string[],
): Promise<Found[]> {
  for (let round = 0; round < roundsAtMost; round++) {
    const read: Found[] = [];
    for (let start = 0; start < ids.length; start += readsTogether) {
      const some = await documents.readTogether<Stageable>(partition, ids.slice(start, start + readsTogether));
      for (const each of some) if (each !== undefined) read.push({ document: each.document, etag: each.etag });
    }
    const met = read.find(({ document }) => document.next !== undefined);
    if (met?.document.next === undefined) return read;
    await settling.settleMet({ partition, id: met.document.id, transaction: met.document.next.transaction });
  }
  throw new WardlineError('conflict', 'Too many writers at once.', { retryAfter: 1 });
}
