import type { Call, Ods } from '../context.ts';
import { collect } from './collect.ts';
import { policyOf } from './decide.ts';
import type { CurrentBody, Stageable, VersionBody, VersionDocument } from './documents.ts';
import { isShown } from './opening.ts';
import type { HistoryPage, HistoryQuery, StoredResource } from './records.ts';
import { storedResource, unsealContent } from './sealing.ts';
import { headsOf, sessionOption, sorted } from './search/candidates.ts';
import { openAllowed, type SearchDependencies } from './search/open-matches.ts';
import { mergeSessions } from './session.ts';
import { versionsIn } from './view.ts';

/**
 * See {@link Records.historyOf}. Versions that share a moment (those of one transaction) are never split between two
 * pages, so a page may be longer than asked; what the actor may not see is left out, so it may be shorter.
 */
export async function historyOf(
  deps: SearchDependencies,
  call: Call,
  trust: Ods,
  query: HistoryQuery,
): Promise<HistoryPage> {
  const { type } = query;
  await deps.access.require(call, { policy: policyOf(call), trust, ...(type === undefined ? {} : { type }) });
  let before: number | undefined;
  const now = (): number => deps.clock.now().getTime();
  const collected = await collect(
    deps.reader,
    now,
    async (session) => {
      const page = await pageOf(deps, trust, query, session);
      before = page.before;
      const heads = await headsOf(deps.documents, trust, page.items, mergeSessions(session, page.session));
      return { ...sorted([...page.items, ...heads]), session: page.session };
    },
    call.session,
  );
  const openings = await openAllowed(deps, call, trust, collected);
  const outcomes = await deps.reader.outcomesOf(collected.views.map(({ document }) => document));
  const bodies = new Map<string, { partition: string; body: VersionBody }>();
  const add = (partition: string, body: VersionBody): void =>
    void bodies.set(`${partition}|${body.of}|${body.versionId}`, { partition, body });
  for (const body of collected.versions) add(body.partition, body);
  for (const { document } of collected.views) {
    if (document.kind !== 'current') continue;
    for (const body of versionsIn(document as Stageable<CurrentBody>, outcomes.get(document.next?.transaction ?? '')))
      add(document.partition, body);
  }
  const versions: StoredResource[] = [];
  for (const { partition, body } of [...bodies.values()].sort(newestFirst)) {
    const opening = openings.get(partition);
    if (opening === undefined) continue;
    const content = unsealContent(opening.key, partition, body);
    const { resource } = content ?? { resource: { resourceType: body.type } };
    if (await isShown(deps.access, call, trust, opening, resource))
      versions.push(storedResource(partition, body, content));
  }
  return { versions, session: collected.session ?? '', ...(before === undefined ? {} : { before }) };
}

const newestFirst = (a: { body: VersionBody }, b: { body: VersionBody }): number =>
  b.body.lastUpdated - a.body.lastUpdated || b.body.of.localeCompare(a.body.of);

interface Page {
  readonly items: (Stageable | VersionDocument)[];
  readonly session: string;
  readonly before: number | undefined;
}

async function pageOf(
  { documents }: SearchDependencies,
  trust: Ods,
  { type, since, before, at, count }: HistoryQuery,
  session: string | undefined,
): Promise<Page> {
  const conditions = [
    "(c.kind = 'current' OR c.kind = 'version') AND c.trust = @trust",
    ...(type === undefined ? [] : ['c.type = @type']),
    ...(since === undefined ? [] : ['c.lastUpdated >= @since']),
    ...(at === undefined ? [] : ["c.lastUpdated <= @at AND (c.kind = 'current' OR c.to > @at)"]),
  ].join(' AND ');
  const ask = (condition: string, moment: number | undefined, limit?: number) =>
    documents.query<Stageable | VersionDocument>(
      `SELECT * FROM c WHERE ${conditions}${condition} ORDER BY c.lastUpdated DESC`,
      { trust, type, since, at, moment },
      { ...(limit === undefined ? {} : { limit }), ...sessionOption(session) },
    );
  const page = await ask(before === undefined ? '' : ' AND c.lastUpdated < @moment', before, count);
  if (!page.more) return { items: page.items, session: page.session, before: undefined };
  const last = lastUpdatedOf(page.items.at(-1));
  const whole = page.items.filter((item) => lastUpdatedOf(item) > last);
  if (whole.length > 0) return { items: whole, session: page.session, before: last + 1 };
  const { items } = await ask(' AND c.lastUpdated = @moment', last);
  return { items, session: page.session, before: last };
}

const lastUpdatedOf = (item: Stageable | VersionDocument | undefined): number =>
  item !== undefined && 'lastUpdated' in item ? item.lastUpdated : 0;
