import type { Documents } from '../azure/documents.ts';
import type { Ods } from '../context.ts';
import { wardPartition } from './documents.ts';

/** Takes away what the boards of a trust showed of a patient before. */
export async function forgetPastTiles(boards: Documents, trust: Ods, patient: string): Promise<void> {
  const { items } = await boards.query<{ id: string; ward: string; partition: string }>(
    "SELECT c.id, c.ward, c.partition FROM c WHERE c.kind = 'past-tile' AND c.patient = @patient",
    { patient },
  );
  for (const { id, ward, partition } of items)
    if (partition === wardPartition(trust, ward)) await boards.batch(partition, [{ op: 'delete', id }]);
}
