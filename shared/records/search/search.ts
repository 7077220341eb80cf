import type { Call, Ods } from '../../context.ts';
import { matches, type SearchQuery } from '../../fhir/index.ts';
import { type Collected, type Collection, collect } from '../collect.ts';
import { policyOf } from '../decide.ts';
import { isToken } from '../ids.ts';
import type { Match, SearchResult } from '../records.ts';
import { mergeSessions } from '../session.ts';
import { compartmentCandidates, patientCandidates, trustCandidates } from './candidates.ts';
import { type Following, followLinks, satisfying } from './follow-links.ts';
import { asSurvivors, mergedWith, withMerged } from './merged-query.ts';
import { bodiesAt, openMatches, type SearchDependencies } from './open-matches.ts';

/** See {@link Records.search}: the index narrows, access leaves out, the matcher decides. */
export async function search(
  deps: SearchDependencies,
  call: Call,
  trust: Ods,
  query: SearchQuery,
): Promise<SearchResult> {
  const seen = new Set<string>();
  const { found, session, asOf } = await searchOnce(deps, call, trust, query, seen);
  for (const { patient } of found) if (patient !== undefined) seen.add(patient);
  return { matches: found, total: found.length, patients: [...seen], session, asOf };
}

interface Found {
  readonly found: readonly Match[];
  readonly session: string;
  readonly asOf: number;
}

async function searchOnce(
  deps: SearchDependencies,
  call: Call,
  trust: Ods,
  query: SearchQuery,
  seen: Set<string>,
): Promise<Found> {
  await deps.access.require(call, { policy: policyOf(call), trust, type: query.type, search: true });
  const now = (): number => deps.clock.now().getTime();
  const began = now();
  const { at } = query;
  const find = async (step: SearchQuery): Promise<readonly Match[]> =>
    (await searchOnce(deps, call, trust, at === undefined ? step : { ...step, at }, seen)).found;
  const following: Following = { deps, call, trust, at, find, seen };
  const asked = query.links.length === 0 ? query : await followLinks(following, query);
  const collection = nothingFits(asked) ? undefined : await collectionFor(deps, trust, asked);
  if (collection === undefined) return { found: [], session: call.session ?? '', asOf: began };
  const first = await collect(deps.reader, now, collection, call.session);
  const group = await mergedWith(deps.reader, trust, asked, first.views);
  const whole = group === undefined ? asked : withMerged(asked, group);
  const collected =
    group === undefined
      ? first
      : await collect(deps.reader, now, groupCollection(deps, trust, whole, group), call.session);
  const types = new Set([query.type]);
  const opened = await openMatches(deps, call, trust, collected, { types, at });
  const plain = opened.filter(({ resource, entries }) => matches(whole, resource, entries));
  const linked = whole.links.length === 0 ? plain : await satisfying(following, whole, plain);
  const found = await asSurvivors(query, linked, find);
  const newestFirst = [...found].sort(
    (a, b) => b.lastUpdated.localeCompare(a.lastUpdated) || a.partition.localeCompare(b.partition),
  );
  return { found: newestFirst, session: mergeSessions(collected.session) ?? '', asOf: momentOf(collected, began) };
}

/** One query a patient of a group, or one over all where the query names no compartment. */
function groupCollection(
  deps: SearchDependencies,
  trust: Ods,
  query: SearchQuery,
  group: readonly { readonly token: string }[],
): Collection {
  if (query.patient === undefined) return async (session) => (await trustCandidates(deps, trust, query))(session);
  return async (session) => {
    const parts = await Promise.all(
      group.map(async ({ token }) => (await compartmentCandidates(deps, trust, query, token))(session)),
    );
    return {
      documents: parts.flatMap(({ documents }) => documents),
      versions: parts.flatMap(({ versions = [] }) => versions),
      session: mergeSessions(...parts.map((part) => part.session)),
    };
  };
}

/** The moment that a page stands for: that it began, or that of the newest version it saw. */
const momentOf = (collected: Collected, began: number): number =>
  bodiesAt(collected, undefined).reduce((latest, { body }) => Math.max(latest, body.lastUpdated), began);

/** A step found nothing: then neither does the search. */
const nothingFits = ({ criteria }: SearchQuery): boolean =>
  criteria.some(({ anyOf, missing, not }) => anyOf.length === 0 && missing === undefined && not !== true);

/** Undefined: the query names a patient whom the trust does not have. */
async function collectionFor(
  deps: SearchDependencies,
  trust: Ods,
  query: SearchQuery,
): Promise<Collection | undefined> {
  if (query.patient !== undefined) {
    const id = query.patient;
    const token = isToken(id) ? id : await deps.reader.locate(trust, { type: 'Patient', id });
    return token === undefined ? undefined : compartmentCandidates(deps, trust, query, token);
  }
  return query.type === 'Patient' ? patientCandidates(deps, trust, query) : trustCandidates(deps, trust, query);
}
