import type { Call, Ods } from '../../context.ts';
import { matches, type SearchQuery } from '../../fhir/index.ts';
import { type Collected, type Collection, collect } from '../collect.ts';
import { policyOf } from '../decide.ts';
import { isToken } from '../ids.ts';
import type { Match, SearchResult } from '../records.ts';
import { mergeSessions } from '../session.ts';
import { compartmentCandidates, patientCandidates, trustCandidates } from './candidates.ts';
import { type Following, followLinks, satisfying } from './follow-links.ts';
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
  const collected = await collect(deps.reader, now, collection, call.session);
  const types = new Set([query.type]);
  const opened = await openMatches(deps, call, trust, collected, { types, at });
  const plain = opened.filter(({ resource, entries }) => matches(asked, resource, entries));
  const found = asked.links.length === 0 ? plain : await satisfying(following, asked, plain);
  const newestFirst = [...found].sort(
    (a, b) => b.lastUpdated.localeCompare(a.lastUpdated) || a.partition.localeCompare(b.partition),
  );
  return { found: newestFirst, session: mergeSessions(collected.session) ?? '', asOf: momentOf(collected, began) };
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
