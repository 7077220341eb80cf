import type { Call, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { isEnteredInError, scansReportedBy } from '../fhir/index.ts';
import { type Collected, collect } from './collect.ts';
import type { Stageable } from './documents.ts';
import { headId } from './ids.ts';
import { partitionOf } from './partition.ts';
import { allow, locateFor } from './read.ts';
import type { Viewed } from './reader.ts';
import type { Match, TimelineEntry, TimelinePage, TimelineQuery } from './records.ts';
import { sessionsOf } from './search/candidates.ts';
import { openMatches, type SearchDependencies } from './search/open-matches.ts';
import { mergeSessions } from './session.ts';
import { scanTerm } from './terms.ts';
import { momentText, recordedMoment } from './timeline-key.ts';

/** Queries that fill one page; what is left out (withdrawn, restricted) may make it shorter, and `after` goes on. */
const roundsAtMost = 8;
/** Reports that are looked for together. */
const reportsAtMost = 500;

/** See {@link Records.timeline}: one indexed query a page in the patient's partition, newest first. */
export async function timeline(
  deps: SearchDependencies,
  call: Call,
  trust: Ods,
  patientId: string,
  query: TimelineQuery,
): Promise<TimelinePage> {
  const location = await locateFor(deps, call, trust, { type: 'Patient', id: patientId });
  const { partition, patient } = location;
  if (patient === undefined) throw new WardlineError('not-found', 'There is no such resource.');
  const { views } = await deps.reader.together(partition, [headId]);
  const [head] = views;
  // Refuses who may not; what follows is read under the same decision.
  await allow(deps, call, trust, 'Patient', location, head);
  const find = finderIn(deps, await recordsOf(deps, trust, patient, partition, head));
  const entries: TimelineEntry[] = [];
  let after = query.after;
  let session = call.session;
  for (let round = 0; round < roundsAtMost; round++) {
    const limit = query.count - entries.length;
    const found = await find(sqlOf(query, after), parametersOf(query, after), limit, session);
    session = found.collected.session;
    entries.push(...(await entriesIn(deps, call, trust, found.collected, query.withdrawn)));
    after = found.last;
    if (after === undefined || entries.length >= query.count) break;
  }
  const reports = await reportsOn(deps, call, trust, find, entries, session);
  return {
    patient,
    entries,
    reports,
    ...(after === undefined ? {} : { after }),
    session: session ?? '',
  };
}

type Find = (
  sql: string,
  parameters: Record<string, unknown>,
  limit: number,
  session: string | undefined,
) => Promise<{ readonly collected: Collected; readonly last: string | undefined }>;

/** A patient's record: where it lies, and its head. */
interface PatientRecord {
  readonly partition: string;
  readonly head: Viewed | undefined;
}

/** The patient's own record, and those of whom the patient was merged with. */
async function recordsOf(
  { reader }: SearchDependencies,
  trust: Ods,
  token: string,
  partition: string,
  head: Viewed | undefined,
): Promise<PatientRecord[]> {
  const own = { partition, head };
  if (head?.body.kind !== 'head' || head.body.merged !== true) return [own];
  const group = (await reader.head(trust, token))?.group ?? [];
  const others = group.filter((one) => one.token !== token);
  return [
    own,
    ...(await Promise.all(
      others.map(async (one) => {
        const place = partitionOf(trust, { patient: one.token });
        return { partition: place, head: (await reader.together(place, [headId])).views[0] };
      }),
    )),
  ];
}

/**
 * A query in each of the records, whole as {@link collect} makes it; the heads go with what it finds. Keys of all records sort
 * together, so a page of several is the newest of what each has.
 */
function finderIn({ documents, reader, clock }: SearchDependencies, records: readonly PatientRecord[]): Find {
  return async (sql, parameters, limit, known) => {
    let last: string | undefined;
    const collected = await collect(
      reader,
      () => clock.now().getTime(),
      async (session) => {
        const option = session === undefined ? {} : { session };
        const pages = await Promise.all(
          records.map(({ partition }) => documents.query<Stageable>(sql, parameters, { partition, limit, ...option })),
        );
        const [page, ...others] = pages;
        const newest = pages.flatMap(({ items }) => items).sort(newestFirst);
        const items = newest.slice(0, limit);
        const more = newest.length > limit || pages.some((one) => one.more);
        last = more ? keyOf(items.at(-1)) : undefined;
        if (page !== undefined && others.length === 0) return { documents: items, ...sessionsOf(page) };
        return { documents: items, session: mergeSessions(...pages.map((one) => one.session)) };
      },
      known,
    );
    const heads = records.flatMap(({ head }) => head ?? []);
    return { collected: { ...collected, views: [...collected.views, ...heads] }, last };
  };
}

function newestFirst(a: Stageable, b: Stageable): number {
  const [first = '', second = ''] = [keyOf(a), keyOf(b)];
  return first === second ? 0 : first < second ? 1 : -1;
}

const keyOf = (document: Stageable | undefined): string | undefined =>
  document?.kind === 'current' ? document.timeline : undefined;

function sqlOf({ types, from }: TimelineQuery, after: string | undefined): string {
  const names = types?.map((_, index) => `@t${index}`).join(', ');
  return [
    "SELECT * FROM c WHERE c.kind = 'current' AND c.timeline < @before",
    ...(after === undefined ? [] : ['c.timeline < @after']),
    ...(from === undefined ? [] : ['c.timeline >= @from']),
    ...(names === undefined ? [] : [`c.type IN (${names})`]),
  ]
    .join(' AND ')
    .concat(' ORDER BY c.timeline DESC');
}

/** Sorts behind every key. */
const endOfTime = '~';

const parametersOf = ({ types = [], from, to }: TimelineQuery, after: string | undefined): Record<string, unknown> => ({
  ...Object.fromEntries(types.map((type, index) => [`t${index}`, type])),
  before: to === undefined ? endOfTime : momentText(to + 1),
  ...(after === undefined ? {} : { after }),
  ...(from === undefined ? {} : { from: momentText(from) }),
});

async function entriesIn(
  deps: SearchDependencies,
  call: Call,
  trust: Ods,
  collected: Collected,
  withdrawn: boolean,
): Promise<TimelineEntry[]> {
  const keys = new Map(
    collected.views.flatMap(({ body }) =>
      body.kind === 'current' && body.timeline !== undefined ? [[body.of, body.timeline] as const] : [],
    ),
  );
  const opened = await openMatches(deps, call, trust, collected, {});
  return opened
    .flatMap((match) => {
      const key = keys.get(`${match.resource.resourceType}|${match.resource.id}`);
      const enteredInError = isEnteredInError(match.resource);
      if (key === undefined || (enteredInError && !withdrawn)) return [];
      const moment = recordedMoment(key);
      return [{ ...match, key, enteredInError, ...(moment === undefined ? {} : { recorded: moment }) }];
    })
    .sort((a, b) => (a.key < b.key ? 1 : -1));
}

/** The DiagnosticReports on the scans of a page: one query more, where there are scans. */
async function reportsOn(
  deps: SearchDependencies,
  call: Call,
  trust: Ods,
  find: Find,
  entries: readonly TimelineEntry[],
  session: string | undefined,
): Promise<Match[]> {
  const scans = entries.flatMap(({ resource: { resourceType, id } }) =>
    resourceType === 'ImagingStudy' ? [`ImagingStudy/${id}`] : [],
  );
  if (scans.length === 0) return [];
  const hashes = (await Promise.all(scans.map((scan) => deps.keyring.hashes(trust, scanTerm(scan))))).flat();
  const anyScan = hashes.map((_, index) => `ARRAY_CONTAINS(c.search, @s${index})`).join(' OR ');
  const { collected } = await find(
    `SELECT * FROM c WHERE c.kind = 'current' AND c.type = 'DiagnosticReport' AND (${anyScan})`,
    Object.fromEntries(hashes.map((hash, index) => [`s${index}`, hash])),
    reportsAtMost,
    session,
  );
  const reports = await openMatches(deps, call, trust, collected, {});
  return reports.filter(
    ({ resource }) => !isEnteredInError(resource) && scansReportedBy(resource).some((scan) => scans.includes(scan)),
  );
}
