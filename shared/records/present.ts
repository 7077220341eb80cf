import type { Documents } from '../azure/documents.ts';
import type { Clock, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { SearchQuery } from '../fhir/index.ts';
import type { Keyring } from '../keys/index.ts';
import { collect } from './collect.ts';
import type { Head, Stageable } from './documents.ts';
import { currentId, headId, ofRef } from './ids.ts';
import { partitionOf } from './partition.ts';
import type { Reader } from './reader.ts';
import type { Present, ResourceRef, StoredResource } from './records.ts';
import { storedResource, unsealContent } from './sealing.ts';
import { narrow } from './search/narrow.ts';
import { mergeSessions } from './session.ts';

interface Dependencies {
  readonly documents: Documents;
  readonly reader: Reader;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

type AtLeast = readonly (ResourceRef & { readonly versionId: string })[];

/**
 * See {@link Records.present}. Only Reads of a batch are sure to reach the primary replica, and a query cannot be one:
 * so the head and what must be seen are read first, and the query has to be answered by a replica at least as new. A patient who
 * took others in has what stands in their records too.
 */
export async function present(
  deps: Dependencies,
  trust: Ods,
  token: string,
  wanted: readonly SearchQuery[],
  atLeast: AtLeast,
): Promise<Present | undefined> {
  const own = await presentOne(deps, trust, token, wanted, atLeast);
  if (own === undefined || own.head.mergedFrom === undefined) return own;
  const head = await deps.reader.join(own.head);
  const resources = [...own.resources];
  for (const one of head.group ?? []) {
    if (one.token === token) continue;
    const merged = await presentOne(deps, trust, one.token, wanted, []);
    // The person is the one who survives.
    resources.push(...(merged?.resources ?? []).filter(({ resource }) => resource.resourceType !== 'Patient'));
  }
  return { head, resources };
}

async function presentOne(
  deps: Dependencies,
  trust: Ods,
  token: string,
  wanted: readonly SearchQuery[],
  atLeast: AtLeast,
): Promise<Present | undefined> {
  const { reader } = deps;
  const partition = partitionOf(trust, { patient: token });
  const first = await reader.together(partition, [headId, ...atLeast.map(currentId)]);
  const [headView] = first.views;
  if (headView?.body.kind === 'head' && headView.body.erased === true) return undefined;
  const seen = new Map<string, number>();
  for (const view of first.views) if (view?.body.kind === 'current') seen.set(view.body.of, view.body.versionId);
  if (atLeast.some((ref) => (seen.get(ofRef(ref)) ?? 0) < Number(ref.versionId))) throw behind();

  const { condition, parameters } = await conditionOf(deps.keyring, trust, wanted);
  const { views } = await collect(
    reader,
    () => deps.clock.now().getTime(),
    async (known) => {
      const page = await deps.documents.query<Stageable>(
        `SELECT * FROM c WHERE c.id = @head OR (c.kind = 'current' AND (${condition}))`,
        { head: headId, ...parameters },
        { partition, ...(known === undefined ? {} : { session: known }) },
      );
      return { documents: page.items, session: page.session, ...(page.pages === 1 ? { floor: page.session } : {}) };
    },
    mergeSessions(first.session),
  );
  const headBody = views.map(({ body }) => body).find(({ kind }) => kind === 'head');
  if (headBody?.kind !== 'head') {
    if (atLeast.length > 0) throw behind();
    return undefined;
  }
  if (headBody.erased === true) return undefined;
  const { head, key } = await reader.openHead({ partition, trust }, headBody);
  const resources = views.flatMap(({ body }): StoredResource[] =>
    body.kind === 'current' && body.sealed !== undefined
      ? [storedResource(partition, body, unsealContent(key, partition, body))]
      : [],
  );
  return { head: head satisfies Head, resources };
}

/** Any of the wanted resources; each query has parameters of its own. */
async function conditionOf(
  keyring: Keyring,
  trust: Ods,
  wanted: readonly SearchQuery[],
): Promise<{ condition: string; parameters: Record<string, string | number> }> {
  const all = await Promise.all(wanted.map((query, index) => narrow(keyring, trust, query, 'current', `w${index}p`)));
  const parameters: Record<string, string | number> = {};
  const conditions = all.map((narrowed, index) => {
    Object.assign(parameters, narrowed.parameters, { [`t${index}`]: wanted[index]?.type });
    return `(c.type = @t${index}${narrowed.sql})`;
  });
  return { condition: conditions.join(' OR ') || 'false', parameters };
}

const behind = (): WardlineError =>
  new WardlineError('unavailable', 'The record that answered is older than the event.', { retryAfter: 1 });
