import type { BatchOperation, Documents, Stored } from '../azure/documents.ts';
import type { Ods } from '../context.ts';
import { type BoardHead, wardPartition } from './documents.ts';

/** From the primary replica: after a hint, the board must not be told the version before it. */
export async function readHead(boards: Documents, trust: Ods, ward: string): Promise<Stored<BoardHead> | undefined> {
  return (await boards.readTogether<BoardHead>(wardPartition(trust, ward), ['head']))[0];
}

/** A ward's head, of which nothing is known yet; another may have been faster. */
export async function createHead(boards: Documents, trust: Ods, ward: string, now: Date): Promise<void> {
  const partition = wardPartition(trust, ward);
  const document: BoardHead = {
    ...{ id: 'head', partition, kind: 'head', trust, ward },
    ...{ version: 0, asOf: now.toISOString(), patients: {} },
  };
  await boards.batch(partition, [{ op: 'create', document }]);
}

/**
 * The next version of a ward. A patch needs no If-Match, so that changes of different patients do not wait for each
 * other; it stands in the batch of what it counts.
 */
export function headPatch(
  now: Date,
  change?: { readonly op: 'set' | 'remove'; readonly patient: string },
): BatchOperation {
  const path = `/patients/${change?.patient ?? ''}`;
  const patients =
    change === undefined
      ? []
      : [change.op === 'set' ? { op: 'set' as const, path, value: true } : { op: 'remove' as const, path }];
  const operations = [
    { op: 'incr' as const, path: '/version', value: 1 },
    { op: 'set' as const, path: '/asOf', value: now.toISOString() },
    ...patients,
  ];
  return { op: 'patch', id: 'head', operations };
}
