import type { Call, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { careSpan, compartmentElement } from '../fhir/index.ts';
import { collect } from './collect.ts';
import type { Stageable, VersionDocument } from './documents.ts';
import { headId } from './ids.ts';
import { partitionOf } from './partition.ts';
import { allow, locateFor } from './read.ts';
import type { Viewed } from './reader.ts';
import type { EverythingPage, EverythingQuery, Match } from './records.ts';
import { sorted } from './search/candidates.ts';
import { bodiesAt, openMatches, type SearchDependencies } from './search/open-matches.ts';
import { referenced } from './search/referenced.ts';
import { stoodAt } from './stood-at.ts';

/**
 * See {@link Records.everything}: one query a page in the patient's partition, in the order of type and id, which no
 * change of a resource alters.
 */
export async function everything(
  deps: SearchDependencies,
  call: Call,
  trust: Ods,
  patientId: string,
  query: EverythingQuery,
): Promise<EverythingPage> {
  const began = deps.clock.now().getTime();
  const { at, since, count } = query;
  const { start = Number.NEGATIVE_INFINITY, end = Number.POSITIVE_INFINITY } = query;
  const location = await locateFor(deps, call, trust, { type: 'Patient', id: patientId });
  if (location.patient === undefined) throw new WardlineError('not-found', 'There is no such resource.');
  const own = await deps.reader.together(location.partition, [headId]);
  // Refuses who may not; what follows is read under the same decision.
  await allow(deps, call, trust, 'Patient', location, own.views[0]);
  const turn = await turnOf(deps, trust, location.patient, own.views[0], query.after);
  const partition = partitionOf(trust, { patient: turn.token });
  const { views } = turn.token === location.patient ? own : await deps.reader.together(partition, [headId]);
  const inTurn = { ...query, after: turn.after };
  let after: string | undefined;
  const collected = await collect(
    deps.reader,
    () => deps.clock.now().getTime(),
    async (session) => {
      const page = await deps.documents.query<Stageable | VersionDocument>(
        `SELECT * FROM c WHERE ${conditionsOf(inTurn)} ORDER BY c.of`,
        parametersOf(inTurn),
        { partition, limit: count, ...(session === undefined ? {} : { session }) },
      );
      const last = page.items.at(-1);
      after = page.more && last !== undefined && 'of' in last ? last.of : undefined;
      return { ...sorted(page.items), session: page.session, ...(page.pages === 1 ? { floor: page.session } : {}) };
    },
    call.session,
  );
  const head = views[0] === undefined ? [] : [views[0]];
  const shown = { ...collected, views: [...collected.views, ...head] };
  const opened = await openMatches(deps, call, trust, shown, { at });
  const resources = opened
    .filter(({ lastUpdated }) => since === undefined || Date.parse(lastUpdated) >= since)
    .filter(({ resource }) => {
      const span = careSpan(resource);
      return span === undefined || (span.from <= end && span.to >= start);
    })
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const asOf = bodiesAt(collected, undefined).reduce((latest, { body }) => Math.max(latest, body.lastUpdated), began);
  return {
    patients: turn.tokens,
    resources,
    referenced: await referenced(deps, call, trust, outside(resources), at),
    ...turn.following(after),
    session: collected.session ?? '',
    asOf: at ?? asOf,
  };
}

/** Whose resources a page holds: the patient's own first, then those of each whom the patient was merged with. */
interface Turn {
  /** Everybody whose turn comes. */
  readonly tokens: readonly string[];
  readonly token: string;
  /** `Type|id` that the page begins after; undefined: with the first. */
  readonly after: string | undefined;
  /** Where the next page begins, if there is one. @param last `Type|id` after which there is more of this turn */
  following(last: string | undefined): { readonly after?: string };
}

async function turnOf(
  { reader }: SearchDependencies,
  trust: Ods,
  own: string,
  view: Viewed | undefined,
  place: string | undefined,
): Promise<Turn> {
  const merged = view?.body.kind === 'head' && view.body.merged === true;
  const group = merged ? ((await reader.head(trust, own))?.group ?? []) : [];
  const tokens = [own, ...group.map(({ token }) => token).filter((token) => token !== own)];
  const [, named = own, after = place] = /^([0-9a-z]{12})>(.*)$/.exec(place ?? '') ?? [];
  // A merge that was undone meanwhile ends the pages of the other.
  const token = tokens.includes(named) ? named : own;
  const next = tokens[tokens.indexOf(token) + 1];
  return {
    tokens,
    token,
    after: after === '' ? undefined : after,
    following: (last) => {
      if (last !== undefined) return { after: token === own ? last : `${token}>${last}` };
      return next === undefined ? {} : { after: `${next}>` };
    },
  };
}

const nameOf = ({ resource }: Match): string => `${resource.resourceType}|${resource.id}`;

function conditionsOf({ types, after, at }: Turned): string {
  // What is staged has no time of its own yet.
  const present = at === undefined ? '' : ' AND (c.lastUpdated <= @at OR IS_DEFINED(c.next))';
  const superseded = at === undefined ? '' : ` OR ${stoodAt}`;
  const names = types?.map((_, index) => `@t${index}`).join(', ');
  return [
    `((c.kind = 'current'${present})${superseded})`,
    "(c.change != 'deleted' OR IS_DEFINED(c.next))",
    ...(after === undefined ? [] : ['c.of > @after']),
    ...(names === undefined ? [] : [`c.type IN (${names})`]),
  ].join(' AND ');
}

type Turned = Pick<EverythingQuery, 'types' | 'at'> & { readonly after: string | undefined };

const parametersOf = ({ types = [], after, at }: Turned): Record<string, unknown> => ({
  ...Object.fromEntries(types.map((type, index) => [`t${index}`, type])),
  ...(after === undefined ? {} : { after }),
  ...(at === undefined ? {} : { at }),
});

/** What resources refer to that belongs to no patient. */
const outside = (resources: readonly Match[]): Set<string> =>
  new Set(
    resources.flatMap(({ entries }) =>
      entries.flatMap((entry) => {
        if (entry.kind !== 'reference' || entry.target === undefined) return [];
        const type = entry.target.split('/')[0] ?? '';
        return type === 'Patient' || Object.hasOwn(compartmentElement, type) ? [] : [entry.target];
      }),
    ),
  );
