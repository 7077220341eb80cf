import type { Documents, Stored } from '../../azure/documents.ts';
import { withoutSystemFields } from '../../azure/system-fields.ts';
import type { Actor, Clock, Ids, Ods } from '../../context.ts';
import { WardlineError } from '../../errors.ts';
import type { HeadContent } from '../documents.ts';
import { isToken } from '../ids.ts';
import { isMerged } from '../merging/merged.ts';
import { partitionOf } from '../partition.ts';
import type { Reader } from '../reader.ts';
import type { ErasureReason, ErasureRequest } from './erasure.ts';

interface ErasureDocument extends ErasureRequest {
  readonly kind: 'erasure';
  readonly partition: string;
}

export interface RequestDependencies {
  readonly documents: Documents;
  readonly reader: Reader;
  readonly clock: Clock;
  readonly ids: Ids;
}

const triesAtMost = 5;

/** See {@link RecordErasure.request}. */
export async function requestErasure(
  { documents, reader, clock, ids }: RequestDependencies,
  { trust, id: requestedBy }: Actor,
  patientId: string,
  why: { readonly reason: ErasureReason; readonly reference: string },
): Promise<ErasureRequest> {
  const token = isToken(patientId) ? patientId : await reader.locate(trust, { type: 'Patient', id: patientId });
  const head = token === undefined ? undefined : await reader.head(trust, token);
  if (head === undefined) throw new WardlineError('not-found', 'There is no such patient.');
  requireErasable(head);
  const partition = partitionOf(trust, { erasures: trust });
  const { reason, reference } = why;
  const document: ErasureDocument = {
    ...{ id: ids.ulid(), partition, trust, kind: 'erasure', patient: head.token },
    ...{ reason, reference, requestedBy, requestedAt: clock.now().toISOString() },
  };
  const outcome = await documents.batch(partition, [{ op: 'create', document }]);
  if (!outcome.ok) throw new WardlineError('unavailable', 'The request cannot be kept.', { retryAfter: 1 });
  return requestOf(document);
}

/**
 * Asked at each step until the key is gone: between them a patient may be admitted, or merged with another.
 * @throws WardlineError `business-rule`: care needs the record, or what is one person's would be erased by half
 */
export function requireErasable(head: HeadContent): void {
  if (head.placements.length > 0)
    throw new WardlineError('business-rule', 'The patient is on a ward. End the stay first: care needs the record.', {
      expression: 'id',
    });
  if (isMerged(head))
    throw new WardlineError('business-rule', 'The patient was merged with another. Undo that first, by $unmerge.', {
      expression: 'id',
    });
}

/** See {@link RecordErasure.approve}. */
export async function approveErasure(deps: RequestDependencies, actor: Actor, id: string): Promise<ErasureRequest> {
  const asked = await findErasure(deps.documents, actor.trust, id);
  const head = asked === undefined ? undefined : await deps.reader.head(actor.trust, asked.patient);
  if (asked?.approvedBy === undefined && head !== undefined) requireErasable(head);
  return change(deps.documents, actor.trust, id, (before) => {
    if (before.requestedBy === actor.id)
      throw new WardlineError('forbidden', 'Somebody else than who asked for it has to agree.');
    if (before.approvedBy !== undefined) return before;
    return { ...before, approvedBy: actor.id, approvedAt: deps.clock.now().toISOString() };
  });
}

/** See {@link RecordErasure.close}. */
export async function closeErasure(deps: RequestDependencies, trust: Ods, id: string): Promise<void> {
  await change(deps.documents, trust, id, (before) =>
    before.erasedAt === undefined ? { ...before, erasedAt: deps.clock.now().toISOString() } : before,
  );
}

export async function findErasure(documents: Documents, trust: Ods, id: string): Promise<ErasureRequest | undefined> {
  const found = await stored(documents, trust, id);
  return found === undefined ? undefined : requestOf(found.document);
}

const stored = async (documents: Documents, trust: Ods, id: string): Promise<Stored<ErasureDocument> | undefined> =>
  (await documents.readTogether<ErasureDocument>(partitionOf(trust, { erasures: trust }), [id]))[0];

const requestOf = (document: ErasureDocument): ErasureRequest => {
  const { kind: _, partition: _partition, ...request } = withoutSystemFields(document);
  return request;
};

async function change(
  documents: Documents,
  trust: Ods,
  id: string,
  next: (before: ErasureDocument) => ErasureDocument,
): Promise<ErasureRequest> {
  for (let attempt = 0; attempt < triesAtMost; attempt++) {
    const found = await stored(documents, trust, id);
    if (found === undefined) throw new WardlineError('not-found', 'Your trust has no such request.');
    const before = withoutSystemFields(found.document);
    const after = next(before);
    if (after === before) return requestOf(after);
    const outcome = await documents.batch(before.partition, [
      { op: 'replace', id, document: after, ifMatch: found.etag },
    ]);
    if (outcome.ok) return requestOf(after);
  }
  throw new WardlineError('conflict', 'The request is being changed by others.', { retryAfter: 1 });
}
