import type { Documents } from '../azure/documents.ts';
import type { Call, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { CurrentBody, Stageable, VersionBody, VersionDocument } from './documents.ts';
import { headId, ofRef } from './ids.ts';
import { isShown } from './opening.ts';
import { allow, locateFor, type ReadDependencies } from './read.ts';
import type { History, ResourceRef, StoredResource } from './records.ts';
import { storedResource, unsealContent } from './sealing.ts';
import { versionsIn, viewOf } from './view.ts';

/** See {@link Records.history}: head and all versions by one query in the partition. */
export async function history(
  deps: ReadDependencies & { documents: Documents },
  call: Call,
  trust: Ods,
  ref: ResourceRef,
): Promise<History> {
  const location = await locateFor(deps, call, trust, ref);
  const { partition, patient } = location;
  const { items, session } = await deps.documents.query<Stageable | VersionDocument>(
    `SELECT * FROM c WHERE (c.of = @of AND (c.kind = 'current' OR c.kind = 'version'))${
      patient === undefined ? '' : ' OR c.id = @head'
    }`,
    { of: ofRef(ref), ...(patient === undefined ? {} : { head: headId }) },
    { partition, ...(call.session === undefined ? {} : { session: call.session }) },
  );
  const stageable = items.filter((each): each is Stageable => each.kind !== 'version');
  const outcomes = await deps.reader.outcomesOf(stageable);
  const headDocument = stageable.find(({ kind }) => kind === 'head');
  const head =
    headDocument === undefined ? undefined : viewOf(headDocument, outcomes.get(headDocument.next?.transaction ?? ''));
  const view = headDocument === undefined || head === undefined ? undefined : { document: headDocument, body: head };
  const opening = await allow(deps, call, trust, ref.type, location, view);
  const byNumber = new Map<number, VersionBody>();
  for (const item of items) {
    if (item.kind === 'version') byNumber.set(item.versionId, item);
    if (item.kind !== 'current') continue;
    const current = item as Stageable<CurrentBody>;
    for (const each of versionsIn(current, outcomes.get(current.next?.transaction ?? '')))
      byNumber.set(each.versionId, each);
  }
  if (byNumber.size === 0) throw new WardlineError('not-found', 'There is no such resource.');
  const versions: StoredResource[] = [];
  for (const body of [...byNumber.values()].sort((one, other) => other.versionId - one.versionId)) {
    const content = unsealContent(opening.key, partition, body);
    if (content === undefined || (await isShown(deps.access, call, trust, opening, content.resource)))
      versions.push(storedResource(partition, body, content));
  }
  if (versions.length === 0)
    throw new WardlineError('forbidden', 'Labels of the resource leave all its versions to others.');
  return { versions, session };
}
