import type { Documents } from '../azure/documents.ts';
import type { Clock, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { collect } from './collect.ts';
import type { Head, Stageable } from './documents.ts';
import { currentId, headId } from './ids.ts';
import { partitionOf } from './partition.ts';
import type { Reader } from './reader.ts';
import type { Present, ResourceRef, StoredResource } from './records.ts';
import { storedResource, unsealContent } from './sealing.ts';
import { mergeSessions } from './session.ts';

type AtLeast = readonly (ResourceRef & { readonly versionId: string })[];

/**
 * See {@link Records.present}. Only Reads of a batch are sure to reach the primary replica, and a query cannot be one:
 * so the head and what must be seen are read first, and the query has to be answered by a replica at least as new.
 */
export async function present(
  deps: { documents: Documents; reader: Reader; clock: Clock },
  trust: Ods,
  token: string,
  types: readonly string[],
  atLeast: AtLeast,
): Promise<Present | undefined> {
  const partition = partitionOf(trust, { patient: token });
  const { session } = await deps.reader.together(partition, [headId, ...atLeast.map(currentId)]);
  const now = (): number => deps.clock.now().getTime();
  const names = Object.fromEntries(types.map((type, index) => [`t${index}`, type]));
  const ofTypes =
    types.length === 0
      ? 'false'
      : `c.type IN (${Object.keys(names)
          .map((name) => `@${name}`)
          .join(', ')})`;
  const { views } = await collect(
    deps.reader,
    now,
    async (known) => {
      const page = await deps.documents.query<Stageable>(
        `SELECT * FROM c WHERE c.id = @head OR (c.kind = 'current' AND ${ofTypes})`,
        { head: headId, ...names },
        { partition, ...(known === undefined ? {} : { session: known }) },
      );
      return { documents: page.items, session: page.session, ...(page.pages === 1 ? { floor: page.session } : {}) };
    },
    mergeSessions(session),
  );
  const headBody = views.map(({ body }) => body).find(({ kind }) => kind === 'head');
  if (headBody?.kind !== 'head') {
    if (atLeast.length > 0) throw behind();
    return undefined;
  }
  const { head, key } = await deps.reader.openHead({ partition, trust }, headBody);
  const seen = new Map<string, number>();
  const resources: StoredResource[] = [];
  for (const { body } of views) {
    if (body.kind !== 'current') continue;
    seen.set(body.of, body.versionId);
    if (body.sealed !== undefined) resources.push(storedResource(partition, body, unsealContent(key, partition, body)));
  }
  for (const { type, id, versionId } of atLeast) {
    if (types.includes(type) && (seen.get(`${type}|${id}`) ?? 0) < Number(versionId)) throw behind();
  }
  return { head: head satisfies Head, resources };
}

const behind = (): WardlineError =>
  new WardlineError('unavailable', 'The record that answered is older than the event.', { retryAfter: 1 });
