import { boundPatient } from '../../shared/access/index.ts';
import type { Call } from '../../shared/context.ts';
import { WardlineError } from '../../shared/errors.ts';
import {
  compartmentElement,
  parseSearch,
  type SearchQuery,
  subsetOf,
  withinCompartment,
} from '../../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply } from '../../shared/http.ts';
import type { StoredResource } from '../../shared/records/index.ts';
import { openCursor, sealCursor } from './cursor.ts';
import { entitiesOf } from './disclosed.ts';
import type { FhirApp } from './fhir-app.ts';
import { preferencesOf } from './prefer.ts';
import { bundleReply } from './reply.ts';
import { type Scope, scopeOf } from './scope.ts';
import { type Edge, pageOf } from './search-page.ts';

type Use = Pick<FhirApp, 'records' | 'keyring' | 'clock' | 'config'>;

/** What a cursor keeps of a search. `at`: the moment that all its pages show, epoch milliseconds. */
interface Continued {
  readonly parameters: string;
  readonly at: number;
  readonly edge?: Edge;
}

/** A search in a patient's compartment: of which patient, and by which parameters. */
export interface Compartment {
  readonly patient: string;
  readonly parameters: readonly string[];
}

/**
 * A search (http://hl7.org/fhir/R4/search.html). The first page shows the record as it is; those that follow show it as
 * it stood then, so that writers meanwhile neither hide a match nor show one twice.
 */
export async function searchResources(
  use: Use,
  request: AuthorisedRequest,
  type: string,
  parameters: URLSearchParams,
  compartment?: Compartment,
): Promise<Reply> {
  const { records, keyring, clock, config } = use;
  const { call } = request;
  const scope = scopeOf(request, config.publicOrigin);
  const continued = await continuedBy(use, call, scope, parameters);
  const asked = continued === undefined ? parameters : askedAgain(continued, parameters);
  const lenient = continued !== undefined || preferencesOf(request.headers).lenient;
  const parsed = parseSearch(type, asked, { now: clock.now(), lenient });
  const own =
    compartment === undefined ? parsed : withinCompartment(parsed, compartment.patient, compartment.parameters);
  const bound = boundTo(call, own);
  const query = continued === undefined ? bound : { ...bound, at: continued.at };
  const { matches, total, patients, session, asOf } = await records.search(call, scope.trust, query);
  const page = pageOf(query, query.summary === 'count' ? [] : matches, continued?.edge);
  const along = query.includes.length === 0 ? [] : await records.included(call, scope.trust, page.matches, query);
  const path = compartment === undefined ? type : `Patient/${compartment.patient}/${type}`;
  const kept = new URLSearchParams([...asked].filter(([name]) => !query.ignored.includes(name)));
  const cursorLink = async (relation: string, edge: Edge | undefined): Promise<object> => {
    const content: Continued = {
      parameters: String(kept),
      at: query.at ?? asOf,
      ...(edge === undefined ? {} : { edge }),
    };
    const cursor = await sealCursor(keyring, call, scope.trust, 'search', content);
    return { relation, url: `${scope.base}/${path}?_cursor=${cursor}` };
  };
  const link: object[] = [
    { relation: 'self', url: selfUrl(request, scope, path, continued === undefined ? kept : asked) },
  ];
  if (page.next !== undefined || page.previous !== undefined) link.push(await cursorLink('first', undefined));
  if (page.next !== undefined) link.push(await cursorLink('next', page.next));
  if (page.previous !== undefined) link.push(await cursorLink('previous', page.previous));
  const shown = [...page.matches, ...along];
  const parts = {
    ...(query.total || query.summary === 'count' ? { total } : {}),
    link,
    ...(query.summary === 'count' ? {} : { entry: entriesOf(query, scope, page.matches, along) }),
  };
  return bundleReply('searchset', session, parts, {
    disclosed: {
      subtype: 'search',
      action: 'E',
      patients: [...new Set([...patients, ...along.flatMap(({ patient }) => patient ?? [])])],
      entities: entitiesOf(shown),
      parameters: query.names,
    },
  });
}

/** Who can see one patient only searches in that patient's record, and not in all of the trust. */
function boundTo({ actor }: Call, query: SearchQuery): SearchQuery {
  const patient = boundPatient(actor);
  const isOfPatients = query.type === 'Patient' || compartmentElement[query.type] !== undefined;
  return patient === undefined || query.patient !== undefined || !isOfPatients ? query : { ...query, patient };
}

const besideCursor = new Set(['_cursor', '_format', '_count']);

/** The search that a cursor holds; how much of it a page shows may change on the way. */
function askedAgain({ parameters: kept }: Continued, sent: URLSearchParams): URLSearchParams {
  const asked = new URLSearchParams(kept);
  const count = sent.get('_count');
  if (count !== null) asked.set('_count', count);
  return asked;
}

async function continuedBy(
  { keyring }: Use,
  call: Call,
  { trust }: Scope,
  parameters: URLSearchParams,
): Promise<Continued | undefined> {
  const cursor = parameters.get('_cursor');
  if (cursor === null) return undefined;
  if ([...parameters.keys()].some((name) => !besideCursor.has(name)))
    throw new WardlineError('invalid-parameter', 'A cursor holds the whole search: send it alone, or with _count.', {
      expression: '_cursor',
    });
  return openCursor<Continued>(keyring, call, trust, 'search', cursor);
}

/** A search that was sent as a form may hold what belongs in no address: its own link names the type only. */
function selfUrl({ method, query }: AuthorisedRequest, { base }: Scope, path: string, kept: URLSearchParams): string {
  if (method !== 'GET') return `${base}/${path}`;
  const cursor = query.get('_cursor');
  const parameters = cursor === null ? String(kept) : `_cursor=${cursor}`;
  return `${base}/${path}${parameters === '' ? '' : `?${parameters}`}`;
}

/** Matches, then what came along, then what was passed over. */
function entriesOf(
  query: SearchQuery,
  { base }: Scope,
  matches: readonly StoredResource[],
  along: readonly StoredResource[],
): object[] {
  const entry = (mode: string, { resource }: StoredResource, shown = resource): object => ({
    fullUrl: `${base}/${resource.resourceType}/${resource.id}`,
    resource: shown,
    search: { mode },
  });
  const summary = { summary: query.summary };
  return [
    ...matches.map((match) => entry('match', match, subsetOf(query, match.resource))),
    ...along.map((one) => entry('include', one, subsetOf(summary, one.resource))),
    ...(query.ignored.length === 0
      ? []
      : [{ resource: ignoredOutcome(query.ignored.length), search: { mode: 'outcome' } }]),
  ];
}

/** How many, not which: a name that nobody knows may be anything. */
const ignoredOutcome = (count: number): object => ({
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity: 'warning',
      code: 'not-supported',
      details: { text: `${count} of the search parameters are not known here and were passed over.` },
    },
  ],
});
