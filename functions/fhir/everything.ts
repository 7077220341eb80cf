import { WardlineError } from '../../shared/errors.ts';
import { dateRange, parseMoment, resourceTypes } from '../../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply } from '../../shared/http.ts';
import type { EverythingPage, EverythingQuery, StoredResource } from '../../shared/records/index.ts';
import { openCursor, sealCursor } from './cursor.ts';
import { disclosed } from './disclosed.ts';
import type { FhirApp } from './fhir-app.ts';
import { countOf, sinceOf } from './history.ts';
import { bundleReply, fhirJson } from './reply.ts';
import { type Scope, scopeOf } from './scope.ts';

type Use = Pick<FhirApp, 'records' | 'config' | 'keyring'>;
/** Resources that are read, and stand in memory, at a time. */
const readAtOnce = 100;
const types = new Set(resourceTypes);

interface Asked {
  readonly query: EverythingQuery;
  /** The caller wants pages, and not the whole at once. */
  readonly paged: boolean;
}

/**
 * `Patient/{id}/$everything` (http://hl7.org/fhir/R4/patient-operation-everything.html), also as it stood at a moment.
 * With `_count` it comes page by page, else whole, as it is read. What the record refers to outside of it comes with the
 * page that refers to it first.
 */
export async function patientEverything(use: Use, request: AuthorisedRequest): Promise<Reply> {
  const scope = scopeOf(request, use.config.publicOrigin);
  const { query, paged } = await everythingAsked(use, request, scope);
  // Who may not read it, and what cannot be asked, is known from the first page: before anything is answered.
  const first = await use.records.everything(request.call, scope.trust, request.params['id'] ?? '', query);
  return paged ? pageReply(use, request, scope, query, first) : wholeReply(use, request, scope, query, first);
}

async function pageReply(
  { keyring }: Use,
  request: AuthorisedRequest,
  scope: Scope,
  query: EverythingQuery,
  { resources, referenced, after, session, asOf }: EverythingPage,
): Promise<Reply> {
  const { path, self } = addressOf(request, scope);
  const link = [{ relation: 'self', url: self }];
  if (after !== undefined) {
    const next = { ...query, after, at: asOf };
    const cursor = await sealCursor(keyring, request.call, scope.trust, 'everything', next);
    link.push({ relation: 'next', url: `${path}?_cursor=${cursor}` });
  }
  const entry = [...resources.map(entryOf(scope, 'match')), ...referenced.map(entryOf(scope, 'include'))];
  return bundleReply(
    'searchset',
    session,
    { link, entry },
    { disclosed: disclosed('everything', [...resources, ...referenced]) },
  );
}

/** The audit entry comes before the answer, and says that the whole record was shown: not each of ten thousand parts. */
function wholeReply(
  use: Use,
  request: AuthorisedRequest,
  scope: Scope,
  query: EverythingQuery,
  first: EverythingPage,
): Reply {
  const parts = bundleParts(use, request, scope, query, first);
  return {
    status: 200,
    contentType: fhirJson,
    headers: { 'x-wardline-session': first.session },
    body: ReadableStream.from(parts).pipeThrough(new TextEncoderStream()),
    disclosed: {
      subtype: 'everything',
      action: 'R',
      patients: first.patients,
      entities: [{ type: 'Patient', id: request.params['id'] ?? '' }],
      parameters: [...new Set(request.query.keys())],
    },
  };
}

/** The text of the Bundle, a page at a time; each is read when the one before was taken. */
async function* bundleParts(
  { records }: Use,
  request: AuthorisedRequest,
  scope: Scope,
  query: EverythingQuery,
  first: EverythingPage,
): AsyncGenerator<string> {
  const link = [{ relation: 'self', url: addressOf(request, scope).self }];
  const head = JSON.stringify({ resourceType: 'Bundle', type: 'searchset', link });
  yield `${head.slice(0, -1)},"entry":[`;
  const along = new Set<string>();
  let separator = '';
  let page = first;
  for (;;) {
    const referenced = page.referenced.filter(({ resource }) => !along.has(`${resource.resourceType}/${resource.id}`));
    for (const { resource } of referenced) along.add(`${resource.resourceType}/${resource.id}`);
    const entries = [...page.resources.map(entryOf(scope, 'match')), ...referenced.map(entryOf(scope, 'include'))];
    if (entries.length > 0) {
      yield `${separator}${entries.map((entry) => JSON.stringify(entry)).join(',')}`;
      separator = ',';
    }
    const { after, session, asOf } = page;
    if (after === undefined) break;
    const call = session === '' ? request.call : { ...request.call, session };
    page = await records.everything(call, scope.trust, request.params['id'] ?? '', { ...query, after, at: asOf });
  }
  yield ']}';
}

function addressOf({ params, query }: AuthorisedRequest, { base }: Scope): { path: string; self: string } {
  const path = `${base}/Patient/${encodeURIComponent(params['id'] ?? '')}/$everything`;
  return { path, self: `${path}${query.size === 0 ? '' : `?${query}`}` };
}

const entryOf =
  ({ base }: Scope, mode: string) =>
  ({ resource }: StoredResource): object => ({
    fullUrl: `${base}/${resource.resourceType}/${resource.id}`,
    resource,
    search: { mode },
  });

/** @throws WardlineError `invalid-parameter` */
async function everythingAsked({ keyring }: Use, { query, call }: AuthorisedRequest, scope: Scope): Promise<Asked> {
  const asked: { -readonly [name in keyof EverythingQuery]: EverythingQuery[name] } = { count: readAtOnce };
  let paged = false;
  for (const [name, value] of query) {
    if (name === '_cursor')
      return { query: await openCursor<EverythingQuery>(keyring, call, scope.trust, 'everything', value), paged: true };
    if (name === '_count') {
      asked.count = countOf(value);
      paged = true;
    } else if (name === '_since') asked.since = sinceOf(value);
    else if (name === '_at') asked.at = parseMoment(name, value);
    else if (name === '_type') asked.types = typesOf(value);
    else if (name === 'start') asked.start = careDateOf(name, value).from;
    else if (name === 'end') asked.end = careDateOf(name, value).to;
    else if (name !== '_format' && name !== '_pretty')
      throw new WardlineError('invalid-parameter', '$everything takes start, end, _since, _type, _count and _at.', {
        expression: '$everything',
      });
  }
  return { query: asked, paged };
}

function careDateOf(name: string, value: string): { from: number; to: number } {
  const range = /^\d{4}(-\d\d){0,2}$/.test(value) ? dateRange(value) : undefined;
  if (range === undefined)
    throw new WardlineError('invalid-parameter', `${name} takes a date of care such as 2026, 2026-11 or 2026-11-24.`, {
      expression: name,
    });
  return range;
}

function typesOf(value: string): string[] {
  const wanted = value.split(',');
  if (!wanted.every((type) => types.has(type)))
    throw new WardlineError('invalid-parameter', '_type takes FHIR R4 resource types, behind commas.', {
      expression: '_type',
    });
  return wanted;
}
