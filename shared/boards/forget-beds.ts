import type { Documents } from '../azure/documents.ts';
import type { Ods } from '../context.ts';
import { type BoardHead, wardPartition } from './documents.ts';
import { readHead } from './head.ts';
import type { WardVersion } from './project.ts';

/**
 * Forgets the beds of every ward of a trust that has a board: its next reader asks the record. Locations change so
 * rarely that finding out which wards a change concerns is not worth it.
 * @returns the wards whose board may have changed
 */
export async function forgetBeds(boards: Documents, trust: Ods): Promise<WardVersion[]> {
  const { items } = await boards.query<BoardHead>("SELECT * FROM c WHERE c.kind = 'head' AND c.trust = @trust", {
    trust,
  });
  const forgotten: WardVersion[] = [];
  for (const { ward } of items) {
    const stored = await readHead(boards, trust, ward);
    if (stored?.document.beds === undefined) continue;
    const outcome = await boards.batch(wardPartition(trust, ward), [
      {
        op: 'patch',
        id: 'head',
        operations: [
          { op: 'remove', path: '/beds' },
          { op: 'incr', path: '/version', value: 1 },
        ],
        ifMatch: stored.etag,
      },
    ]);
    if (!outcome.ok) throw new Error(`Ward ${ward} is written by too many at once; the event will be delivered again.`);
    forgotten.push({ ward, version: stored.document.version + 1 });
  }
  return forgotten;
}
