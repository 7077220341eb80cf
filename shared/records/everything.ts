import type { Call, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { careSpan, compartmentElement } from '../fhir/index.ts';
import { collect } from './collect.ts';
import type { Stageable, VersionDocument } from './documents.ts';
import { headId } from './ids.ts';
import { allow, locateFor } from './read.ts';
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
  const { partition } = location;
  if (location.patient === undefined) throw new WardlineError('not-found', 'There is no such resource.');
  const { views } = await deps.reader.together(partition, [headId]);
  // Refuses who may not; what follows is read under the same decision.
  await allow(deps, call, trust, 'Patient', location, views[0]);
  let after: string | undefined;
  const collected = await collect(
    deps.reader,
    () => deps.clock.now().getTime(),
    async (session) => {
      const page = await deps.documents.query<Stageable | VersionDocument>(
        `SELECT * FROM c WHERE ${conditionsOf(query)} ORDER BY c.of`,
        parametersOf(query),
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
    patient: location.patient,
    resources,
    referenced: await referenced(deps, call, trust, outside(resources), at),
    ...(after === undefined ? {} : { after }),
    session: collected.session ?? '',
    asOf: at ?? asOf,
  };
}

const nameOf = ({ resource }: Match): string => `${resource.resourceType}|${resource.id}`;

function conditionsOf({ types, after, at }: EverythingQuery): string {
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

const parametersOf = ({ types = [], after, at }: EverythingQuery): Record<string, unknown> => ({
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
