import type { Documents } from '../../azure/documents.ts';
import type { Clock, Ids, Ods } from '../../context.ts';
import { WardlineError } from '../../errors.ts';
import type { HeadBody, OutboxEntry } from '../documents.ts';
import { currentId, headId } from '../ids.ts';
import { outboxIdOf, outboxLifetime } from '../outbox.ts';
import { partitionOf } from '../partition.ts';
import type { Reader } from '../reader.ts';
import type { Settling } from '../settle.ts';
import { takeSnapshot } from '../snapshot.ts';
import { requireErasable } from './requests.ts';

const triesAtMost = 10;

/**
 * Puts a head without key and content in the place of a patient's, and tells others in the same batch that the Patient is
 * gone. What is staged in the head is settled first, so that no transaction brings the key back.
 */
export async function destroyKey(
  deps: { documents: Documents; settling: Settling; reader: Reader; clock: Clock; ids: Ids },
  trust: Ods,
  token: string,
  traceparent: string,
): Promise<void> {
  const { documents, reader, clock, ids } = deps;
  const partition = partitionOf(trust, { patient: token });
  for (let attempt = 0; attempt < triesAtMost; attempt++) {
    const snapshot = await takeSnapshot(deps, new Map([[partition, new Set([headId])]]));
    const found = snapshot.find('head', partition, headId);
    if (found === undefined || found.document.erased === true) return;
    const { head } = await reader.openHead({ partition, trust }, found.document);
    requireErasable(head);
    const patient = { type: 'Patient', id: head.patientId };
    const current = (await reader.together(partition, [currentId(patient)])).views[0]?.body;
    const version = current?.kind === 'current' ? current.versionId + 1 : 1;
    const erased: HeadBody = {
      ...{ kind: 'head', of: token, seq: found.document.seq + 1 },
      ...{ wrappedKey: '', sealed: '', erased: true },
    };
    const told: OutboxEntry = {
      ...{ kind: 'outbox', id: outboxIdOf(ids.ulid(), undefined), partition, trust, traceparent },
      committedAt: clock.now().toISOString(),
      changes: [{ ...patient, versionId: String(version), change: 'deleted', patient: token }],
      ttl: outboxLifetime,
    };
    const outcome = await documents.batch(partition, [
      { op: 'create', document: told },
      { op: 'replace', id: headId, document: { ...erased, id: headId, partition, trust }, ifMatch: found.etag },
    ]);
    if (outcome.ok) return;
  }
  throw new WardlineError('unavailable', 'The record is written by too many at once.', { retryAfter: 1 });
}
