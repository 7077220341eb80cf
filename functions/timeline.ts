import { WardlineError } from '../shared/errors.ts';
import {
  clinicalDate,
  dateRange,
  detailOf,
  type FhirResource,
  isTimelineKind,
  linksOf,
  scansReportedBy,
  statusOf,
  type TimelineKind,
  timelineKindOf,
  timelineKinds,
  titleOf,
} from '../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply, Route } from '../shared/http.ts';
import type { TimelineEntry, TimelineQuery } from '../shared/records/index.ts';
import type { App } from './app.ts';
import { openCursor, sealCursor } from './fhir/cursor.ts';
import { disclosed } from './fhir/disclosed.ts';

type Use = Pick<App, 'records' | 'keyring'>;

/** A line of a timeline. */
export interface TimelineLine {
  readonly kind: TimelineKind;
  /** The clinical date as it was written down; the moment of recording where `dated` says so. */
  readonly date: string;
  readonly dated: 'clinical' | 'recorded';
  readonly title: string;
  readonly detail?: string;
  readonly status?: string;
  readonly enteredInError?: true;
  /** `Type/id`. */
  readonly reference: string;
  readonly versionId: string;
  readonly lastUpdated: string;
  readonly links: ReturnType<typeof linksOf>;
}

const usualCount = 50;
const mostAtOnce = 200;

/** What happened to a patient, newest first, for clinicians: decision 0012 says by what date and what is left out. */
export function timelineRoutes(use: Use): Route[] {
  return [
    {
      name: 'readTimeline',
      method: 'GET',
      route: 'patients/{patient}/timeline',
      policy: 'record:search',
      errors: 'problem',
      handler: (request) => readTimeline(use, request),
    },
  ];
}

async function readTimeline(use: Use, request: AuthorisedRequest): Promise<Reply> {
  const { records, keyring } = use;
  const { call, params } = request;
  const { trust } = call.actor;
  const asked = await timelineAsked(use, request);
  const id = params['patient'] ?? '';
  const { patient, entries, reports, after, session } = await records.timeline(call, trust, id, asked);
  const path = `/patients/${encodeURIComponent(id)}/timeline`;
  const next =
    after === undefined
      ? undefined
      : `${path}?_cursor=${await sealCursor(keyring, call, trust, 'timeline', { ...asked, after })}`;
  const facts = disclosed('timeline', [...entries, ...reports]);
  return {
    status: 200,
    headers: { 'x-wardline-session': session },
    json: {
      patient: `Patient/${id}`,
      entries: entries.map((entry) =>
        lineOf(
          entry,
          reports.map(({ resource }) => resource),
        ),
      ),
      ...(next === undefined ? {} : { next }),
    },
    disclosed: {
      ...facts,
      patients: [...new Set([patient, ...(facts.patients ?? [])])],
      parameters: [...new Set(request.query.keys())],
    },
  };
}

function lineOf(entry: TimelineEntry, reports: readonly FhirResource[]): TimelineLine {
  const { resource, versionId, lastUpdated, enteredInError, recorded } = entry;
  const reference = `${resource.resourceType}/${resource.id}`;
  const detail = detailOf(resource);
  const status = statusOf(resource);
  const own = reports.filter((report) => scansReportedBy(report).includes(reference));
  return {
    kind: timelineKindOf(resource.resourceType) ?? 'result',
    date: recorded ?? clinicalDate(resource) ?? lastUpdated,
    dated: recorded === undefined ? 'clinical' : 'recorded',
    title: titleOf(resource),
    ...(detail === undefined ? {} : { detail }),
    ...(status === undefined ? {} : { status }),
    ...(enteredInError ? { enteredInError } : {}),
    reference,
    versionId,
    lastUpdated,
    links: linksOf(resource, own),
  };
}

/** @throws WardlineError `invalid-parameter` */
async function timelineAsked({ keyring }: Use, { query, call }: AuthorisedRequest): Promise<TimelineQuery> {
  const cursor = query.get('_cursor');
  if (cursor !== null) {
    if (query.size > 1) throw invalid('_cursor', 'A cursor holds the whole question: send it alone.');
    return openCursor<TimelineQuery>(keyring, call, call.actor.trust, 'timeline', cursor);
  }
  const asked: { types?: string[]; from?: number; to?: number; count: number; withdrawn: boolean } = {
    count: usualCount,
    withdrawn: false,
  };
  for (const [name, value] of query) {
    if (name === 'kind') asked.types = [...(asked.types ?? []), ...typesOf(value)];
    else if (name === 'from') asked.from = spanOf(name, value).from;
    else if (name === 'to') asked.to = spanOf(name, value).to;
    else if (name === 'count') asked.count = countOf(value);
    else if (name === 'withdrawn') asked.withdrawn = isWithdrawnShown(value);
    else throw invalid('timeline', 'A timeline takes kind, from, to, count, withdrawn, or a _cursor alone.');
  }
  return asked;
}

const typesOf = (value: string): string[] =>
  value.split(',').flatMap((kind) => {
    if (!isTimelineKind(kind))
      throw invalid('kind', `kind is one or more of ${Object.keys(timelineKinds).join(', ')}.`);
    return [...timelineKinds[kind]];
  });

function spanOf(name: 'from' | 'to', value: string): { from: number; to: number } {
  const range = dateRange(value.replace(' ', '+'));
  if (range === undefined) throw invalid(name, `${name} takes a date such as 2026, 2026-11 or 2026-11-24.`);
  return range;
}

function countOf(value: string): number {
  if (!/^[1-9]\d{0,2}$/.test(value) || Number(value) > mostAtOnce)
    throw invalid('count', `count is a whole number from 1 to ${mostAtOnce}.`);
  return Number(value);
}

function isWithdrawnShown(value: string): boolean {
  if (value !== 'show' && value !== 'hide') throw invalid('withdrawn', 'withdrawn is show or hide.');
  return value === 'show';
}

const invalid = (expression: string, detail: string): WardlineError =>
  new WardlineError('invalid-parameter', detail, { expression });
