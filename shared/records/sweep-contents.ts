import type { Blobs } from '../azure/blobs.ts';
import type { Documents } from '../azure/documents.ts';
import type { Clock, Ods } from '../context.ts';
import type { Keyring } from '../keys/index.ts';
import { blobContainers } from '../topology.ts';
import { dayOf } from './binary-content.ts';
import type { Stageable, VersionDocument } from './documents.ts';
import { headId, isFhirId, ofRef } from './ids.ts';
import { locate } from './locate.ts';
import type { Reader } from './reader.ts';
import { unsealContent } from './sealing.ts';

const day = 86_400_000;
/** Days back that are looked at: a commit has long been decided by then, and a run that failed is made up for. */
const daysBack = [2, 3];
const nameForm = /^\d{4}-\d{2}-\d{2}\/([A-Z0-9]+)\/([^/]+)\/[^/]+$/;

export interface SweepDependencies {
  readonly documents: Documents;
  readonly reader: Reader;
  readonly keyring: Keyring;
  readonly blobs: Pick<Blobs, 'names' | 'remove'>;
  readonly clock: Clock;
}

/**
 * Removes contents that no version of their Binary refers to: their writer died, was refused or lost a race after it had
 * written them. Run once a day. @returns how many it removed
 */
export async function sweepContents(deps: SweepDependencies): Promise<number> {
  const { blobs, clock } = deps;
  let removed = 0;
  for (const back of daysBack) {
    const prefix = `${dayOf(new Date(clock.now().getTime() - back * day))}/`;
    for await (const name of blobs.names(blobContainers.binaries, prefix)) {
      const [, trust = '', id = ''] = nameForm.exec(name) ?? [];
      if (!isFhirId(id) || (await isReferredTo(deps, trust, id, name))) continue;
      await blobs.remove(blobContainers.binaries, name);
      removed += 1;
    }
  }
  return removed;
}

async function isReferredTo(
  { documents, reader, keyring }: SweepDependencies,
  trust: Ods,
  id: string,
  blob: string,
): Promise<boolean> {
  const ref = { type: 'Binary', id };
  const { partition, patient } = await locate(reader, trust, ref);
  const { items } = await documents.query<Stageable | VersionDocument>(
    'SELECT * FROM c WHERE c.of = @of',
    { of: ofRef(ref) },
    { partition },
  );
  if (items.length === 0) return false;
  // What is staged may yet become a version.
  if (items.some((item) => 'next' in item && item.next !== undefined)) return true;
  let key = await keyring.trustKey(trust, 'reference');
  if (patient !== undefined) {
    const body = (await reader.together(partition, [headId])).views[0]?.body;
    if (body?.kind !== 'head') return true;
    if (body.erased === true) return false;
    ({ key } = await reader.openHead({ partition, trust }, body));
  }
  return items.some(
    (item) =>
      (item.kind === 'current' || item.kind === 'version') &&
      unsealContent(key, partition, item)?.content?.blob === blob,
  );
}
