import type { Documents } from '../../azure/documents.ts';
import type { Ods } from '../../context.ts';
import { partitionOf } from '../partition.ts';

const together = 50;

interface Place {
  readonly id: string;
  readonly partition: string;
}

/** Everything of the record but the head that says it is gone, and outbox entries, which hold ids only and run out. */
const ofRecord = "SELECT c.id, c.partition FROM c WHERE c.kind IN ('current', 'version', 'claim')";
/** What led to the record from elsewhere: client-chosen ids, NHS number and identity. */
const leadingToIt =
  "SELECT c.id, c.partition FROM c WHERE c.kind IN ('locator', 'claim', 'lookup') AND c.of = @token AND c.trust = @trust";

/** See {@link RecordErasure.sweep}. */
export async function sweepErased(documents: Documents, trust: Ods, token: string): Promise<number> {
  const partition = partitionOf(trust, { patient: token });
  const own = await remove(documents, ofRecord, {}, { partition });
  return own + (await remove(documents, leadingToIt, { token, trust }, {}));
}

async function remove(
  documents: Documents,
  sql: string,
  parameters: Record<string, string>,
  where: { partition?: string },
): Promise<number> {
  const done = new Set<string>();
  for (;;) {
    const { items } = await documents.query<Place>(sql, parameters, { ...where, limit: together });
    // A replica that lags behind brings what is gone already.
    const fresh = items.filter(({ id, partition }) => !done.has(`${partition}\n${id}`));
    if (fresh.length === 0) return done.size;
    for (const [partition, places] of Map.groupBy(fresh, (place) => place.partition)) {
      const outcome = await documents.batch(
        partition,
        places.map(({ id }) => ({ op: 'delete', id })),
      );
      // One of them went meanwhile, and with it the batch: then each by itself.
      if (!outcome.ok) for (const { id } of places) await documents.batch(partition, [{ op: 'delete', id }]);
      for (const { id } of places) done.add(`${partition}\n${id}`);
    }
  }
}
